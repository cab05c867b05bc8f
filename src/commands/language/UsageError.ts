import * as Schema from "effect/Schema"

/** The command line is wrong: `problem` says how, `form` is the right form. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  problem: Schema.String,
  form: Schema.String
}) {
  override get message() {
    return this.problem
  }
}
