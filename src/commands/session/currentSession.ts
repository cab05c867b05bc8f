import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { parseSessionName } from "../../schema/SessionName.ts"
import { Caller } from "../../services/Caller.ts"

/** The session in which this sesh runs, if any. */
export const currentSession = Effect.map(
  Caller,
  ({ env }) => Result.getSuccess(parseSessionName(env["SESH_SESSION"] ?? ""))
)
