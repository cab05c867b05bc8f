import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** Longest name of a host, in characters: with a suffix it still fits into a file name (255 bytes). */
export const MAX_HOST_LENGTH = 200

/** Characters of names, addresses (`fe80::1%eth0`, `[::1]`) and users. No shell, path or terminal acts upon them. */
const CHARACTERS = /^[A-Za-z0-9._:%+,=~@[\]-]*$/

/**
 * What ssh calls a destination: a name from its configuration, a name or address of the network, or one of these behind
 * `user@`. Only {@link parseHostName} makes one.
 */
export const HostName = Schema.String.pipe(
  Schema.check(Schema.makeFilter((input) => brokenRule(input))),
  Schema.brand("HostName")
)
export type HostName = typeof HostName.Type

/** Not a valid host name: `rule` is the rule that it breaks. */
export class InvalidHostName extends Schema.TaggedError<InvalidHostName>()("InvalidHostName", {
  input: Schema.String,
  rule: Schema.String
}) {
  override get message() {
    return `${JSON.stringify(this.input.slice(0, 2 * MAX_HOST_LENGTH))} cannot be a host: ${this.rule}`
  }
}

const brokenRule = (input: string): string | undefined => {
  if (input.length === 0) return "it is empty"
  if (input.length > MAX_HOST_LENGTH) return `it has ${input.length} characters, ${MAX_HOST_LENGTH} is the most`
  if (!CHARACTERS.test(input)) return "use a name from your ssh configuration, an address, or user@host"
  const at = input.lastIndexOf("@")
  if (at === 0) return "the user before \"@\" is missing"
  const host = input.slice(at + 1)
  if (host.length === 0) return "the host after \"@\" is missing"
  // ssh would take it for an option.
  if (input.startsWith("-") || host.startsWith("-")) return "it must not start with \"-\""
  if (host.startsWith(".")) return "it must not start with \".\""
  return undefined
}

/** Checks user input, without the leading `@`. Fails with the rule that it breaks. */
export const parseHostName = (input: string): Result.Result<HostName, InvalidHostName> => {
  const rule = brokenRule(input)
  return rule === undefined
    ? Result.succeed(input as HostName)
    : Result.fail(new InvalidHostName({ input, rule }))
}
