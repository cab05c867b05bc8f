import * as Schema from "effect/Schema"

/** To show the session would show it inside itself. */
export class LoopError extends Schema.TaggedError<LoopError>()("LoopError", {
  name: Schema.String,
  /** The session that we are in; missing where only the session has found the loop. */
  current: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    if (this.current === undefined) return `session ${this.name} is where you are, or shows it; detach from it first`
    return this.name === this.current
      ? `this is session ${this.name} already; detach from it first`
      : `session ${this.name} shows ${this.current}, where you are; detach from it first`
  }
}
