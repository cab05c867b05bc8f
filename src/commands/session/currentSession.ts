import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionName } from "../../schema/SessionName.ts"
import { readCurrentSession } from "../../schema/Variables.ts"
import { Caller } from "../../services/Caller.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"

/**
 * The session on whose terminal this sesh runs, if any. `SESH_SESSION` alone does not tell: what a session has started
 * inherits it, such as an editor's terminal or a multiplexer, and so does what those start on terminals of their own.
 */
export const currentSession = Effect.gen(function*() {
  const { env, isOnTerminal } = yield* Caller
  const name = yield* Effect.fromResult(readCurrentSession(env["SESH_SESSION"]))
  if (name === undefined) return Option.none<SessionName>()
  const here = Option.some(name)
  return yield* (yield* SessionRegistry).get(name).pipe(
    // An older session does not say its terminal, and a process may have none: then the variable is all there is.
    Effect.map(({ info: { tty } }) => tty === undefined || isOnTerminal(tty) !== false ? here : Option.none()),
    Effect.catchTag("NoSession", () => Effect.succeedNone),
    Effect.orElseSucceed(() => here)
  )
})
