import * as Effect from "effect/Effect"
import { Caller } from "../../services/Caller.ts"
import { Output } from "../../services/Output.ts"
import { verb } from "./verb.ts"

/** `sesh --version`. */
export const version = verb({
  name: "version",
  letter: "V",
  ignoresVariables: true,
  help: { group: "Layout and setup", form: "sesh --version", meaning: "print the version", details: [] },
  params: {},
  run: Effect.fnUntraced(function*() {
    yield* (yield* Output).print(`sesh ${(yield* Caller).version}`)
    return 0
  })
})
