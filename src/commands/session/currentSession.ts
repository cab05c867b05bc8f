import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { parseSessionName } from "../../schema/SessionName.ts"
import { Caller } from "../../services/Caller.ts"

/** The session in which this sesh was called, if it was in one. */
export const here = Effect.map(Caller, ({ env }) => Result.getSuccess(parseSessionName(env["SESH_SESSION"] ?? "")))
