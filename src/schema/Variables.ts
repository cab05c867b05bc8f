/** Values of our own variables. One that means nothing is the user's mistake, and is said before anything is done. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { DEFAULT_DETACH_KEY, parseDetachKey } from "./DetachKey.ts"
import { parseSessionName, type SessionName } from "./SessionName.ts"
import { visible } from "./Text.ts"

type Env = Readonly<Record<string, string | undefined>>

/** Lines of history that a session keeps: 200 MB at 80 columns. */
export const MAX_HISTORY_LINES = 100_000

const shownValue = (value: string): string => visible(JSON.stringify(value.slice(0, 40)))

/** What is wrong with a value, and what to do. */
const problemWith = (name: string, value: string, advice: string): string =>
  `${name} is ${shownValue(value)}; set it to ${advice}`

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
    return `SESH_SESSION is ${shownValue(this.input)}, no session's name: unset it`
  }
}

/** `SESH_SESSION`: the session that we are in; undefined where it is not set. */
export const readCurrentSession = (
  text: string | undefined
): Result.Result<SessionName | undefined, InvalidSessionVariable> =>
  text === undefined || text === ""
    ? Result.succeed(undefined)
    : Result.mapError(parseSessionName(text), () => new InvalidSessionVariable({ input: text }))

/** A variable that is needed now means nothing. Without its value where that may have a password. */
export class InvalidVariable extends Schema.TaggedError<InvalidVariable>()("InvalidVariable", {
  problem: Schema.String,
  advice: Schema.String
}) {
  override get message() {
    return `${this.problem}; ${this.advice}`
  }
}

/** What was read from a variable; undefined where it is not set. */
type Read<A> = Result.Result<A | undefined, InvalidVariable>

const TRANSPORTS = ["openssh", "ssh2"] as const

/** `SESH_SSH`: which of the two ways to other hosts. */
export const readTransport = (text: string | undefined): Read<typeof TRANSPORTS[number]> => {
  if (text === undefined || text === "") return Result.succeed(undefined)
  const known = TRANSPORTS.find((name) => name === text)
  if (known !== undefined) return Result.succeed(known)
  const problem = `SESH_SSH is ${shownValue(text)}`
  return Result.fail(new InvalidVariable({ problem, advice: `set it to ${TRANSPORTS.join(" or ")}` }))
}

/** A name, with or without a scope and a version, tag or range. Nothing that has a meaning for a shell or npm. */
const NPM_PACKAGE = /^((?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*)(?:@([A-Za-z0-9^~][A-Za-z0-9.+~^-]*))?$/

/** `SESH_NPM_PACKAGE`: a package's name, and the version, tag or range that the user wants of it, if any. */
export const readNpmPackage = (text: string | undefined): Read<{ name: string; version: string | undefined }> => {
  if (text === undefined || text === "") return Result.succeed(undefined)
  const [, name, version] = NPM_PACKAGE.exec(text) ?? []
  if (name !== undefined) return Result.succeed({ name, version })
  const problem = "SESH_NPM_PACKAGE is no package's name"
  return Result.fail(new InvalidVariable({ problem, advice: "set it to one such as @acme/sesh" }))
}

/** Without a user: other users of the host can see npm's arguments. */
const NPM_REGISTRY = /^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~/%+-]*)?$/

/** `SESH_NPM_REGISTRY`: an address. */
export const readNpmRegistry = (text: string | undefined): Read<string> => {
  if (text === undefined || text === "") return Result.succeed(undefined)
  if (NPM_REGISTRY.test(text)) return Result.succeed(text)
  const problem = "SESH_NPM_REGISTRY is no registry's address"
  const advice = "set it to one such as https://npm.acme.example/; passwords belong into ~/.npmrc"
  return Result.fail(new InvalidVariable({ problem, advice }))
}

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
  const others = Result.all([
    readTransport(env["SESH_SSH"]),
    readNpmPackage(env["SESH_NPM_PACKAGE"]),
    readNpmRegistry(env["SESH_NPM_REGISTRY"])
  ])
  if (Result.isFailure(others)) return others.failure.message
  return problemWithVariables(env)
}
