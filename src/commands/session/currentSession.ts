import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionName } from "../../schema/SessionName.ts"
import { readCurrentSession } from "../../schema/Variables.ts"
import { Caller, runsIn } from "../../services/Caller.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"

/** The session in which this sesh runs, if any: see `runsIn`. One that does not answer is taken for it. */
export const currentSession = Effect.gen(function*() {
  const caller = yield* Caller
  const name = yield* Effect.fromResult(readCurrentSession(caller.env["SESH_SESSION"]))
  if (name === undefined) return Option.none<SessionName>()
  const here = Option.some(name)
  return yield* (yield* SessionRegistry).get(name).pipe(
    Effect.map(({ info: { tty } }) => runsIn(caller, tty) ? here : Option.none()),
    Effect.catchTag("NoSession", () => Effect.succeedNone),
    Effect.orElseSucceed(() => here)
  )
})
