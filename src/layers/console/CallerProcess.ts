import * as Layer from "effect/Layer"
import { fstatSync, lstatSync, readlinkSync, realpathSync, statSync } from "node:fs"
import { homedir, userInfo } from "node:os"
import { basename, dirname, isAbsolute, resolve } from "node:path"
import { isSea } from "node:sea"
import { isatty } from "node:tty"
import { fromBytes, pathOf } from "../../schema/ByteString.ts"
import { Caller } from "../../services/Caller.ts"
import { inheritedEnvironment, inheritedSignals, withoutChannel } from "../system/inherited.ts"
import { otherOwner } from "../system/ownership.ts"
import { readProcStat } from "../system/procStat.ts"
import { quietly } from "../system/quietly.ts"

/** The real path; undefined when the path does not exist. */
const realPath = (path: string): string | undefined =>
  quietly(() => fromBytes(realpathSync.native(pathOf(path), { encoding: "buffer" })))

/** The variables, with the bytes in their values that Node has replaced. */
const variables = (): Caller["Service"]["env"] =>
  Object.values(process.env).some((value) => value?.includes("\ufffd")) ? inheritedEnvironment() : process.env

/** The working directory as the user's shell names it, with its symlinks, if that is where we are. */
const workingDirectory = (logical: string | undefined): string => {
  const physical = realPath(".")
  // Our directory was removed: only its name is left, and its users will report that it is missing.
  const named = logical !== undefined && isAbsolute(logical) ? logical : undefined
  if (physical === undefined) return named ?? "/"
  return named !== undefined && realPath(named) === physical ? named : physical
}

/**
 * Without HOME, and without an account that says one: the system's root, as in login(1). For root with somebody else's
 * HOME (`sudo -E`), that of root's account: what root makes in the other one, its owner could not use.
 */
const homeDirectory = (env: Caller["Service"]["env"]): string => {
  const home = env["HOME"] || quietly(homedir) || "/"
  if (otherOwner(home) === undefined) return home
  const account = quietly(() => userInfo().homedir)
  return account && otherOwner(account) === undefined ? account : home
}

/** How many links of sessions are followed, each to another session's: a session in one in one... */
const MOST_LINKS = 16

/** A session's own link to an agent, beside its socket. */
const isSessions = (path: string): boolean =>
  path.endsWith(".agent") && quietly(() => lstatSync(pathOf(path)).isSymbolicLink(), false) &&
  quietly(() => statSync(pathOf(`${path.slice(0, -".agent".length)}.sock`)).isSocket(), false)

/**
 * Follows only the links of sessions, which go with them: the agent of a session in which we are is that of its client.
 * Undefined where there is no agent behind it.
 */
const agentSocket = (given: string): string | undefined => {
  // Where our directory was removed, a relative name leads nowhere.
  const base = isAbsolute(given) ? "/" : realPath(".")
  if (base === undefined) return undefined
  let path = resolve(base, given)
  if (realPath(path) === undefined) return undefined
  for (let count = 0; count < MOST_LINKS && isSessions(path); count++) {
    path = resolve(dirname(path), fromBytes(readlinkSync(pathOf(path), "buffer")))
  }
  return path
}

/** Device numbers of our terminals: of input and output, else of standard error, else of the one that controls us. */
const terminals = (): ReadonlyArray<number> => {
  const open = (descriptors: ReadonlyArray<number>) => descriptors.filter(isatty).map((fd) => fstatSync(fd).rdev)
  const conversation = open([0, 1])
  if (conversation.length > 0) return conversation
  const error = open([2])
  if (error.length > 0) return error
  const controlling = readProcStat("self")?.terminal ?? 0
  return controlling === 0 ? [] : [controlling]
}

const isOnTerminal = (path: string): boolean | undefined => {
  const ours = terminals()
  return ours.length === 0 ? undefined : ours.includes(quietly(() => statSync(path).rdev) ?? -1)
}

/** This process. */
export const layer = (version: string): Layer.Layer<Caller> =>
  Layer.sync(Caller, () => {
    // Looked up at its first use: a listing does not need it.
    let known: string | undefined
    const env = variables()
    const cwd = () => known ??= workingDirectory(env["PWD"])
    return {
      env,
      environment: () => withoutChannel(inheritedEnvironment()),
      signals: inheritedSignals,
      get cwd() {
        return cwd()
      },
      home: homeDirectory(env),
      // Throws for a user without an account.
      accountShell: () => quietly(() => userInfo().shell) || undefined,
      version,
      // From source it is Node that was called. Looked up when it is used, as node:sea has to be loaded for it.
      get command() {
        return isSea() ? basename(process.argv0) : "sesh"
      },
      isOnTerminal,
      resolve: (path) => resolve(cwd(), path),
      agentSocket: () => {
        const socket = env["SSH_AUTH_SOCK"]
        return socket ? agentSocket(socket) : undefined
      }
    }
  })
