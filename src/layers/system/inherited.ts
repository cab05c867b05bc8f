/** What this process got from the one that started it, where Node changes it or does not tell all of it. */
import * as Fs from "node:fs"
import { fromBytes } from "../../schema/ByteString.ts"
import type { SignalSets } from "../../schema/Session.ts"
import { quietly } from "./quietly.ts"

/** A set of 64 signals as the executable's own start writes it (scripts/inherited.mjs): `a` for 0 to `p` for 15. */
const SET = /^[a-p]{16}$/

const setOf = (letters: string): string => letters.replaceAll(/./g, (one) => (one.charCodeAt(0) - 97).toString(16))

let signals: SignalSets | undefined

/** Takes the two sets of signals off the arguments; all of them belong to the user where there are none. */
export const takeSignals = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [blocked, ignored, ...rest] = argv
  if (blocked === undefined || ignored === undefined || !SET.test(blocked) || !SET.test(ignored)) return argv
  signals = { blocked: setOf(blocked), ignored: setOf(ignored) }
  return rest
}

/** The signals that were blocked and ignored for this process; undefined where that is not known. */
export const inheritedSignals = (): SignalSets | undefined => signals

/** NUL ends each of them. */
const strings = (bytes: Buffer): Array<string> => {
  const found: Array<string> = []
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at)
    const next = end === -1 ? bytes.length : end
    found.push(fromBytes(bytes.subarray(at, next)))
    at = next + 1
  }
  return found
}

const present = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))

/**
 * The environment as it was given to us. Node takes variables of its own out, and replaces bytes that are not UTF-8, so
 * it is read from /proc where there is one. The first one of a name counts, as in getenv(3).
 */
export const inheritedEnvironment = (read = () => Fs.readFileSync("/proc/self/environ")): Record<string, string> => {
  const given = quietly(read)
  if (given === undefined || given.length === 0) return present(process.env)
  // An object has names of its own, such as `constructor`.
  const env = new Map<string, string>()
  for (const entry of strings(given)) {
    const at = entry.indexOf("=", 1)
    const name = entry.slice(0, at)
    if (at !== -1 && !env.has(name)) env.set(name, entry.slice(at + 1))
  }
  return Object.fromEntries(env)
}

/** Of a Node program's channel to its child (child_process.fork). The first one names its descriptor. */
const CHANNEL = ["NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE", "NODE_UNIQUE_ID"]

/** An environment for other programs: a channel to us is not theirs, and a Node program would end without it. */
export const withoutChannel = (env: Readonly<Record<string, string>>): Record<string, string> => {
  const fd = env[CHANNEL[0]!] ?? ""
  const isChannel = /^\d{1,9}$/.test(fd) && quietly(() => Fs.fstatSync(Number(fd)).isSocket(), false)
  return isChannel ? Object.fromEntries(Object.entries(env).filter(([name]) => !CHANNEL.includes(name))) : { ...env }
}

/** The arguments as they were given to us, where Node has replaced bytes of them that are not UTF-8. */
export const inheritedArguments = (
  argv: ReadonlyArray<string>,
  read = () => Fs.readFileSync("/proc/self/cmdline")
): ReadonlyArray<string> => {
  if (!argv.some((one) => one.includes("\ufffd"))) return argv
  const given = quietly(() => strings(read()), [])
  return given.length > argv.length ? given.slice(given.length - argv.length) : argv
}
