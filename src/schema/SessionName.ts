import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** Longest session name, in characters: leaves room for a directory in a socket path (`socketPathLimit`). */
export const MAX_NAME_LENGTH = 64

/** A name that is safe as a file name, in a shell and on a terminal. Only {@link parseSessionName} makes one. */
export const SessionName = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^(?![-.])[A-Za-z0-9._-]{1,64}$/)),
  Schema.brand("SessionName")
)
export type SessionName = typeof SessionName.Type

/** Not a valid session name: `rule` is the rule that it breaks. */
export class InvalidSessionName extends Schema.TaggedError<InvalidSessionName>()("InvalidSessionName", {
  input: Schema.String,
  rule: Schema.String
}) {
  override get message() {
    return `${JSON.stringify(this.input.slice(0, 2 * MAX_NAME_LENGTH))} cannot be a session name: ${this.rule}`
  }
}

const brokenRule = (input: string): string | undefined => {
  if (input.length === 0) return "it is empty"
  if (input.startsWith("-") || input.startsWith(".")) return "it must not start with \"-\" or \".\""
  if (!/^[A-Za-z0-9._-]*$/.test(input)) return "use letters, digits, \".\", \"-\" and \"_\" only"
  if (input.length > MAX_NAME_LENGTH) return `it has ${input.length} characters, ${MAX_NAME_LENGTH} is the most`
  return undefined
}

/** Checks user input. Fails with the rule that it breaks. */
export const parseSessionName = (input: string): Result.Result<SessionName, InvalidSessionName> => {
  const rule = brokenRule(input)
  return rule === undefined
    ? Result.succeed(input as SessionName)
    : Result.fail(new InvalidSessionName({ input, rule }))
}
