import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { isText } from "../../schema/ByteString.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { socketPathLimit } from "../../schema/SocketPath.ts"
import { Caller } from "../../services/Caller.ts"
import { OperatingSystem } from "../../services/OperatingSystem.ts"
import { Paths, PathsError } from "../../services/Paths.ts"
import { cacheDirOf, usableXdg } from "../system/cacheDirectory.ts"
import { isWritableByOthers, otherOwner } from "../system/ownership.ts"
import { codeOf, diskProblem } from "../system/systemError.ts"

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(3, "0")

const attempt = <A>(operation: () => A): Result.Result<A, unknown> =>
  Result.try({ try: operation, catch: (cause) => cause })

const ofSomeoneElse = (path: string, problem: string, owner: number): PathsError =>
  new PathsError({ path, problem: `${problem} (user ${owner})`, advice: "set SESH_DIR to a directory of your own" })

const { R_OK, W_OK, X_OK } = Fs.constants

/** Why this directory cannot be used; undefined when it can. `use`: what has to be allowed (access(2)). */
const problemOf = (dir: string, stat: Fs.Stats, uid: number, use: number): PathsError | undefined => {
  const error = (problem: string, advice: string, cause?: unknown) =>
    new PathsError({ path: dir, problem, advice, ...(cause === undefined ? {} : { cause }) })
  if (!stat.isDirectory()) return error("is not a directory", "move it away, or set SESH_DIR to another place")
  if (stat.uid !== uid) return ofSomeoneElse(dir, "belongs to someone else", stat.uid)
  if (isWritableByOthers(stat)) {
    return error(`is writable by others (mode ${octal(stat.mode)})`, `run: chmod 700 ${dir}`)
  }
  const access = attempt(() => Fs.accessSync(dir, use))
  if (Result.isSuccess(access)) return undefined
  const cause = access.failure
  return codeOf(cause) === "EROFS"
    ? error("is on a read-only file system", "set SESH_DIR to a directory that can be written to", cause)
    : error(`cannot be used by its owner (mode ${octal(stat.mode)})`, `run: chmod 700 ${dir}`, cause)
}

const cannotMake = (dir: string, cause: unknown): PathsError => {
  const code = codeOf(cause)
  const parent = Path.dirname(dir)
  const because: Record<string, string> = {
    ENOENT: `${parent} is not there`,
    ENOTDIR: `${parent} is not a directory`,
    EACCES: `${parent} cannot be written to`,
    EPERM: `${parent} cannot be written to`,
    EROFS: `${parent} is on a read-only file system`
  }
  return new PathsError({
    path: dir,
    problem: `cannot be made: ${because[code] ?? diskProblem(code) ?? code}`,
    advice: "make it yourself (mode 700), or set SESH_DIR to another place",
    cause
  })
}

/**
 * `SESH_DIR` or `~/.sesh`; state under `XDG_STATE_HOME` or `~/.local/state`, configuration under `XDG_CONFIG_HOME` or
 * `~/.config`; what can be fetched again under `XDG_CACHE_HOME` or `~/.cache`, on macOS `~/Library/Caches`. The XDG
 * variables are ignored unless absolute, as the XDG Base Directory Specification says; by root also where they name a
 * place of another user.
 */
export const layer: Layer.Layer<Paths, never, Caller | OperatingSystem> = Layer.effect(
  Paths,
  Effect.gen(function*() {
    const { env, home } = yield* Caller
    const { platform, uid } = yield* OperatingSystem
    const dir = env["SESH_DIR"] ? env["SESH_DIR"].replace(/(?<=.)\/+$/, "") : Path.join(home, ".sesh")
    const xdg = (variable: string, ...otherwise: ReadonlyArray<string>): string => {
      return Path.join(usableXdg(env[variable], uid) ?? Path.join(home, ...otherwise), "sesh")
    }
    const state = xdg("XDG_STATE_HOME", ".local", "state")
    const remotes = Path.join(state, "remotes")

    // Joined once: a listing needs many of these paths, and joining each would take longer than connecting.
    const [inDir, inLog] = [Path.join(dir, "/"), Path.join(state, "log", "/")]
    const session = (name: SessionName) => ({
      socket: `${inDir}${name}.sock`,
      info: `${inDir}${name}.json`,
      agent: `${inDir}${name}.agent`,
      ended: `${inDir}${name}.ended`,
      log: `${inLog}${name}.log`
    })

    const refused = (path: string, problem: string, advice: string) =>
      Effect.fail(new PathsError({ path, problem, advice }))

    const usable = Effect.suspend(() => {
      // Node's sockets have names of text: it would put others in the place of such bytes.
      if (!isText(dir)) return refused(dir, "is not UTF-8", "set SESH_DIR to another place")
      if (!isText(state)) return refused(state, "is not UTF-8", "set XDG_STATE_HOME to another place")
      if (!Path.isAbsolute(dir)) {
        const advice = env["SESH_DIR"] ? "set SESH_DIR to one that begins with \"/\"" : "set HOME, or SESH_DIR"
        return refused(dir, "is not an absolute path", advice)
      }
      // Else each directory in which sesh is called would get one of its own.
      if (!Path.isAbsolute(home)) {
        return refused(home, "is not an absolute path", "set HOME to one that begins with \"/\"")
      }
      return Effect.void
    })

    const inspect = (use: number): Effect.Effect<boolean, PathsError> =>
      Effect.suspend(() => {
        const stat = attempt(() => Fs.statSync(dir))
        if (Result.isSuccess(stat)) {
          const problem = problemOf(dir, stat.success, uid, use)
          return problem === undefined ? Effect.succeed(true) : Effect.fail(problem)
        }
        const cause = stat.failure
        if (codeOf(cause) !== "ENOENT") {
          const problem = `cannot be looked at (${codeOf(cause)})`
          return Effect.fail(new PathsError({ path: dir, problem, advice: "set SESH_DIR to another place", cause }))
        }
        const entry = attempt(() => Fs.lstatSync(dir))
        if (Result.isFailure(entry)) return Effect.succeed(false)
        // Another process has just made it.
        if (!entry.success.isSymbolicLink()) return inspect(use)
        return Effect.fail(
          new PathsError({
            path: dir,
            problem: "is a link to a place that is not there",
            advice: "make that place, or remove the link"
          })
        )
      })

    /** What asks sessions needs no more: connecting to a socket writes nothing. */
    const check = Effect.andThen(usable, inspect(R_OK | X_OK))
    const checkWritable = Effect.andThen(usable, inspect(R_OK | W_OK | X_OK))

    const make = Effect.suspend((): Effect.Effect<void, PathsError> => {
      const owner = otherOwner(dir, uid)
      if (owner !== undefined) return Effect.fail(ofSomeoneElse(dir, "would be in a place of someone else", owner))
      const made = attempt(() => {
        Fs.mkdirSync(dir, { mode: 0o700 })
        // The umask may have removed our own bits.
        Fs.chmodSync(dir, 0o700)
      })
      // Another process has made it meanwhile: then it is checked.
      if (Result.isSuccess(made) || codeOf(made.failure) === "EEXIST") return Effect.asVoid(checkWritable)
      return Effect.fail(cannotMake(dir, made.failure))
    })

    const ensure = Effect.flatMap(checkWritable, (exists) => exists ? Effect.void : make)

    const checkSocketPath = (name: SessionName) =>
      Effect.suspend((): Effect.Effect<void, PathsError> => {
        const path = session(name).socket
        const bytes = Buffer.byteLength(path)
        const limit = socketPathLimit(platform)
        if (bytes <= limit) return Effect.void
        return Effect.fail(
          new PathsError({
            path,
            problem: `is too long for a socket: ${bytes} bytes, ${limit} is the most`,
            advice: "take a shorter name, or set SESH_DIR to a shorter directory"
          })
        )
      })

    return Paths.of({
      dir,
      lock: Path.join(dir, ".lock"),
      session,
      cache: cacheDirOf(platform, { home, xdg: usableXdg(env["XDG_CACHE_HOME"], uid) }),
      remotes,
      synced: (host) => Path.join(remotes, `${host}.synced`),
      syncList: Path.join(xdg("XDG_CONFIG_HOME", ".config"), "sync"),
      ensure,
      check,
      checkSocketPath
    })
  })
)
