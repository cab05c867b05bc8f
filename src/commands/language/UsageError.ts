import * as Schema from "effect/Schema"

/** The command line is wrong: says how, and what the right form is. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  problem: Schema.String,
  form: Schema.String
}) {
  override get message() {
    return this.problem
  }
}
