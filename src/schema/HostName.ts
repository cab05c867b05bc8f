import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { quoteIfNeeded } from "./Shell.ts"

/** Longest name of a host, in characters: with a suffix it still fits into a file name (255 bytes). */
export const MAX_HOST_LENGTH = 200

/** Characters of names, addresses (`fe80::1%eth0`, `[::1]`) and users. No shell, path or terminal acts upon them. */
const CHARACTERS = /^[A-Za-z0-9._:%+,=~@[\]-]*$/

/** How ssh(1) writes a destination as a URI. */
const SCHEME = "ssh://"

const MAX_PORT = 65_535

/** The parts of a destination. */
export interface Destination {
  readonly user: string | undefined
  /** Without the brackets of an address. */
  readonly name: string
  readonly port: number | undefined
}

/** Takes `user@host:port` apart. An address with colons has a port only behind brackets: `[::1]:22`. */
export const destinationOf = (host: string): Destination => {
  const at = host.lastIndexOf("@")
  const [, name, port] = /^([^:[\]]*|\[[^[\]]*\]):(\d+)$/.exec(host.slice(at + 1)) ?? []
  return {
    user: at < 0 ? undefined : host.slice(0, at),
    name: (name ?? host.slice(at + 1)).replace(/^\[(.*)\]$/, "$1"),
    port: port === undefined ? undefined : Number(port)
  }
}

/** A host as one word of sesh's command line, as one types it in a shell. */
export const hostWord = (host: string): string => quoteIfNeeded(`@${host}`)

/** The words behind `ssh` that lead to a host. It knows no address in brackets. */
export const sshWords = (host: string): ReadonlyArray<string> => {
  const { name, port, user } = destinationOf(host)
  const words = port === undefined ? [] : ["-p", String(port)]
  return [...words, "--", user === undefined ? name : `${user}@${name}`]
}

/**
 * What ssh calls a destination: a name from its configuration, a name or address of the network, or one of these behind
 * `user@`, before `:port`, or both. Only {@link parseHostName} makes one.
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
  if (!CHARACTERS.test(input)) return "use a name from your ssh configuration, an address, or user@host:port"
  const at = input.lastIndexOf("@")
  if (at === 0) return "the user before \"@\" is missing"
  const { name: host, port } = destinationOf(input)
  if (host.length === 0) return "the host after \"@\" is missing"
  // ssh would take it for an option.
  if (input.startsWith("-") || host.startsWith("-")) return "it must not start with \"-\""
  if (host.startsWith(".")) return "it must not start with \".\""
  if (port !== undefined && (port < 1 || port > MAX_PORT)) return `a port is a number from 1 to ${MAX_PORT}`
  return undefined
}

/** The user in a URI: percent-encoded, and before parameters that ssh passes over. Undefined: it is wrong. */
const decodeUser = (written: string): string | undefined => {
  const [user] = written.split(";")
  return /%(?![0-9A-Fa-f]{2})/.test(user!)
    ? undefined
    : user!.replaceAll(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}

/** A URI as `user@host:port`, so that one destination has one name. Undefined: it is wrong. */
const fromUri = (uri: string): string | undefined => {
  const rest = uri.slice(SCHEME.length).replace(/\/$/, "")
  const at = rest.lastIndexOf("@")
  if (at < 0) return rest
  const user = decodeUser(rest.slice(0, at))
  return user === undefined ? undefined : `${user}@${rest.slice(at + 1)}`
}

/** Checks user input, without the leading `@`. Fails with the rule that it breaks. */
export const parseHostName = (input: string): Result.Result<HostName, InvalidHostName> => {
  const host = input.startsWith(SCHEME) ? fromUri(input) : input
  const rule = host === undefined ? "its user has a % without two digits" : brokenRule(host)
  return rule === undefined
    ? Result.succeed(host as HostName)
    : Result.fail(new InvalidHostName({ input, rule }))
}
