import * as Effect from "effect/Effect"
import { HostMemory } from "../../services/HostMemory.ts"
import { Output } from "../../services/Output.ts"
import { verb } from "../language/verb.ts"

/** The hidden `sesh --hosts`: names of known hosts, for completion. */
export const hosts = verb({
  name: "hosts",
  params: {},
  run: Effect.fn("hosts")(function*() {
    const found = yield* (yield* HostMemory).names
    if (found.length > 0) yield* (yield* Output).print(found.join("\n"))
    return 0
  })
})
