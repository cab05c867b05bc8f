import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { HostName } from "../../schema/HostName.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import { Output } from "../../services/Output.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { host } from "../language/params.ts"
import { verb } from "../language/verb.ts"

const printNames = Effect.fn("names")(function*(host: HostName | undefined) {
  const found = host === undefined
    ? yield* (yield* SessionRegistry).names
    : Option.match(yield* (yield* HostMemory).get(host), {
      onNone: () => [],
      onSome: ({ sessions }) => sessions.map(({ name }) => name)
    })
  if (found.length > 0) yield* (yield* Output).print(found.join("\n"))
  return 0
})

/** The hidden `sesh --names`, for completion. For another host, the sessions that it had when it answered last. */
export const names = verb({ name: "names", params: { host }, run: ({ host }) => printNames(host) })
