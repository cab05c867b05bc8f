/**
 * SQLite's lock on an empty database: fcntl(2) locks of the kernel, which end with their holder however it dies. They
 * belong to processes; SQLite itself keeps holders in one process apart (sqlite.org/howtocorrupt.html). A lock file
 * made with O_EXCL would need a check whether its maker is still alive, and that check races.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Fs from "node:fs"
import { LockError } from "../../services/Lock.ts"
import { monotonicMs } from "./monotonic.ts"
import { quietly } from "./quietly.ts"
import { codeOf, diskProblem } from "./systemError.ts"

/** Range of the pause between two tries: random, so that many waiting processes do not try in step. */
const PAUSE_MS = { min: 3, max: 20 }

/** SQLITE_BUSY: another process holds it (https://sqlite.org/rescode.html#busy). */
const BUSY = 5

/** Creates the file, but never opens an existing one: closing a descriptor of it would drop our lock (fcntl(2)). */
const makeFile = (path: string): void => {
  try {
    Fs.closeSync(Fs.openSync(path, "wx", 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  }
}

/** Of SQLite, what an extended code begins with (https://sqlite.org/rescode.html). */
const PRIMARY = 0xff
const CODES: Readonly<Record<number, string>> = {
  10: "ENOLCK",
  11: "CORRUPT",
  13: "ENOSPC",
  15: "ENOLCK",
  26: "CORRUPT"
}

/** The system's code of what SQLite or Node has thrown. SQLite does not say why it cannot open or write a file. */
const causeCode = (path: string, error: unknown): string => {
  const { errcode } = error as { readonly errcode?: number }
  if (errcode === undefined) return codeOf(error)
  try {
    if (!Fs.statSync(path).isFile()) return "EISDIR"
    Fs.accessSync(path, Fs.constants.R_OK | Fs.constants.W_OK)
  } catch (cause) {
    return codeOf(cause)
  }
  return CODES[errcode & PRIMARY] ?? ""
}

const ANOTHER_PLACE = "set SESH_DIR to a directory on another one"
const NO_LOCKS = `the file system takes no locks; ${ANOTHER_PLACE}`

/** What is wrong, and what to do about it. */
const problemOf = (path: string, error: unknown): string | undefined => {
  const code = causeCode(path, error)
  const disk = diskProblem(code)
  if (disk !== undefined) return `${disk}; ${code === "EROFS" ? "" : "make room, or "}${ANOTHER_PLACE}`
  switch (code) {
    case "EACCES":
    case "EPERM":
      return `it is not yours to write to; remove it (rm ${path}), or make it yours`
    case "EISDIR":
      return "it is not a file; move it away"
    case "CORRUPT":
      return `there is something else in it; move it away`
    case "ENOLCK":
    case "ENOSYS":
    case "EOPNOTSUPP":
      return NO_LOCKS
    default:
      return undefined
  }
}

/** A line of /proc/locks (proc_locks(5)): the pid, and the file's device and inode. */
const LOCK_LINE = /^\d+: \S+ +\S+ +WRITE +(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /gm

/** The process that holds the lock, as Linux tells. */
const holderOf = (path: string): number | undefined =>
  quietly(() => {
    const { ino } = Fs.statSync(path)
    const lines = [...Fs.readFileSync("/proc/locks", "latin1").matchAll(LOCK_LINE)]
    const pid = Number(lines.find(([, pid, inode]) => Number(inode) === ino && Number(pid) > 1)?.[1])
    return pid > 1 && pid !== process.pid ? pid : undefined
  })

/** Takes the lock and returns its release; undefined when another process holds it. */
const tryLock = (path: string): (() => void) | undefined => {
  makeFile(path)
  // Loaded when needed: most runs of sesh lock nothing.
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // Without a journal on the disk, which may be full.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE")
  } catch (error) {
    database.close()
    if ((error as { readonly errcode?: number }).errcode === BUSY) return undefined
    throw error
  }
  // Closing rolls back.
  return () => database.close()
}

/**
 * Whether the file system refuses all locks. NFS without a lock daemon says ENOLCK, which SQLite takes for a lock that
 * another process holds (sqliteErrorFromPosixError in os_unix.c). A new file has no other holder.
 */
const refusesAll = (path: string): boolean => {
  const probe = `${path}.${process.pid}`
  try {
    const release = tryLock(probe)
    release?.()
    return release === undefined
  } catch {
    // A full disk, for one, says nothing about locks.
    return false
  } finally {
    quietly(() => Fs.unlinkSync(probe))
  }
}

/**
 * Runs `effect` while holding the lock on a file, which is created if it is missing. Waits up to `timeout` for it.
 * `isHeld` of the error: another process held it for all that time.
 */
export const withFileLock =
  (path: string, timeout: Duration.Input) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | LockError, R> => {
    const attempt = Effect.try({
      try: () => tryLock(path),
      catch: (cause) => {
        const problem = problemOf(path, cause)
        return new LockError({ path, cause, ...(problem === undefined ? {} : { problem }) })
      }
    })

    const take = Effect.fnUntraced(function*(pause: (ms: number) => Effect.Effect<void>) {
      const until = (yield* monotonicMs) + Duration.toMillis(timeout)
      while (true) {
        const release = yield* attempt
        if (release !== undefined) return release
        if ((yield* monotonicMs) >= until) {
          if (refusesAll(path)) return yield* new LockError({ path, problem: NO_LOCKS })
          const holder = holderOf(path)
          const heldMs = Duration.toMillis(timeout)
          return yield* new LockError({ path, heldMs, ...(holder === undefined ? {} : { holder }) })
        }
        yield* pause(yield* Random.nextIntBetween(PAUSE_MS.min, PAUSE_MS.max))
      }
    })

    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        // Only the pauses can be interrupted: until the lock is returned, nothing else could release it.
        take((ms) => restore(Effect.sleep(ms))),
        (release) => Effect.ensuring(restore(effect), Effect.sync(release))
      )
    )
  }
