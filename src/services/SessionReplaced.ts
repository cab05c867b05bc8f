import * as Schema from "effect/Schema"

/** The session ended while there was no connection, and another one has its name. */
export class SessionReplaced extends Schema.TaggedError<SessionReplaced>()("SessionReplaced", {}) {
  override get message() {
    return "it has ended, and another session has its name"
  }
}
