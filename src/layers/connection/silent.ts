import * as Schema from "effect/Schema"
import { messageOf } from "../../schema/Text.ts"
import type { AskError } from "../../services/SessionRegistry.ts"
import type { SessionReplaced } from "../../services/SessionReplaced.ts"

/** There was no answer, in contrast to one that is not a welcome. */
export class Silent extends Schema.TaggedError<Silent>()("Silent", {
  /** Milliseconds waited for an answer; missing if the connection ended before. */
  waitedMs: Schema.optionalKey(Schema.Int),
  /** What broke the connection. */
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    if (this.waitedMs !== undefined) return `no welcome in ${this.waitedMs / 1000} s`
    return this.cause === undefined ? "it hung up before it answered" : messageOf(this.cause)
  }
}

/** Why a connection to a session could not be made. */
export type ConnectionFailure = AskError | Silent | SessionReplaced
