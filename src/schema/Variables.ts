/** Values of our own variables. One that means nothing is the user's mistake, and is said before anything is done. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { DEFAULT_DETACH_KEY, parseDetachKey } from "./DetachKey.ts"
import { parseSessionName, type SessionName } from "./SessionName.ts"
import { visible } from "./Text.ts"

type Env = Readonly<Record<string, string | undefined>>

/** Lines of history that a session keeps: 200 MB at 80 columns. */
export const MAX_HISTORY_LINES = 100_000

/** What is wrong with a value, and what to do. */
export const problemWith = (name: string, value: string, advice: string): string =>
  `${name} is ${visible(JSON.stringify(value.slice(0, 40)))}; set it to ${advice}`

/** `SESH_SCROLLBACK`: undefined where it is not set, an error's words where it is no number of lines. */
export const readScrollback = (text: string | undefined): number | string | undefined => {
  if (text === undefined || text === "") return undefined
  const lines = /^\d{1,9}$/.test(text) ? Number(text) : Infinity
  return lines <= MAX_HISTORY_LINES
    ? lines
    : problemWith("SESH_SCROLLBACK", text, `a number of lines, ${MAX_HISTORY_LINES} at the most`)
}

/** `SESH_NO_SYNC`: whether it is on, or an error's words. */
export const readNoSync = (text: string | undefined): boolean | string => {
  if (text === undefined || text === "" || text === "0") return false
  return text === "1" || problemWith("SESH_NO_SYNC", text, "1 to bring no files to hosts, or 0")
}

/** `SESH_PRESERVE_ENV`: names with commas or blanks between them, or an error's words. */
export const readPreserved = (text: string | undefined): ReadonlyArray<string> | string => {
  const names = (text ?? "").split(/[,\s]+/).filter((name) => name !== "")
  return names.every((name) => /^[A-Za-z_]\w*$/.test(name))
    ? names
    : problemWith("SESH_PRESERVE_ENV", text!, "names of variables, with commas between them")
}

/** `SESH_SESSION` is no session's name: a session sets it, so somebody else has. */
export class InvalidSessionVariable extends Schema.TaggedError<InvalidSessionVariable>()("InvalidSessionVariable", {
  input: Schema.String
}) {
  override get message() {
    return `SESH_SESSION is ${visible(JSON.stringify(this.input.slice(0, 40)))}, no session's name: unset it`
  }
}

/** `SESH_SESSION`: the session that we are in; undefined where it is not set. */
export const readCurrentSession = (
  text: string | undefined
): Result.Result<SessionName | undefined, InvalidSessionVariable> =>
  text === undefined || text === ""
    ? Result.succeed(undefined)
    : Result.mapError(parseSessionName(text), () => new InvalidSessionVariable({ input: text }))

/** The values of `SESH_SSH`. */
export const TRANSPORTS = ["openssh", "ssh2"] as const

/** A name, with or without a scope and a version, tag or range. Nothing that has a meaning for a shell or npm. */
export const NPM_PACKAGE = /^((?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*)(@[A-Za-z0-9^~][A-Za-z0-9.+~^-]*)?$/

/** Without a user: other users of the host can see npm's arguments. */
export const NPM_REGISTRY = /^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~/%+-]*)?$/

/** What is wrong with a variable that counts when a session is made; undefined: nothing. */
export const problemWithVariables = (env: Env): string | undefined =>
  [readScrollback(env["SESH_SCROLLBACK"]), readPreserved(env["SESH_PRESERVE_ENV"])].find((one) =>
    typeof one === "string"
  )

/**
 * What is wrong with a variable, whether it counts now or not; undefined: nothing. Not those that name a place, which
 * are looked at when it is used, and not `SESH_SESSION`, which others may have set.
 */
export const problemWithAnyVariable = (env: Env): string | undefined => {
  const key = parseDetachKey(env["SESH_DETACH_KEY"] ?? DEFAULT_DETACH_KEY)
  if (Result.isFailure(key)) return key.failure.message
  const isOff = readNoSync(env["SESH_NO_SYNC"])
  if (typeof isOff === "string") return isOff
  const ssh = env["SESH_SSH"] || TRANSPORTS[0]
  if (!TRANSPORTS.some((name) => name === ssh)) return problemWith("SESH_SSH", ssh, TRANSPORTS.join(" or "))
  if (!NPM_PACKAGE.test(env["SESH_NPM_PACKAGE"] || "sesh")) {
    return "SESH_NPM_PACKAGE is no package's name; set it to one such as @acme/sesh"
  }
  const registry = env["SESH_NPM_REGISTRY"] ?? ""
  if (registry !== "" && !NPM_REGISTRY.test(registry)) {
    // Its value may have a password.
    return "SESH_NPM_REGISTRY is no registry's address; set it to one such as https://npm.acme.example/"
  }
  return problemWithVariables(env)
}
