/**
 * SQLite's lock on an empty database: fcntl(2) locks of the kernel, which end with their holder however it dies. They
 * belong to processes; SQLite itself keeps holders in one process apart (sqlite.org/howtocorrupt.html). A lock file
 * made with O_EXCL would need a check whether its maker is still alive, and that check races.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Fs from "node:fs"
import { LockError } from "../../services/Lock.ts"

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

/** Takes the lock and returns its release; undefined when another process holds it. */
const tryLock = (path: string): (() => void) | undefined => {
  makeFile(path)
  // Loaded when needed: most runs of sesh lock nothing.
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec("BEGIN EXCLUSIVE")
  } catch (error) {
    database.close()
    if ((error as { readonly errcode?: number }).errcode === BUSY) return undefined
    throw error
  }
  // Closing rolls back.
  return () => database.close()
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
      catch: (cause) => new LockError({ path, cause })
    })

    const take = Effect.fnUntraced(function*(pause: (ms: number) => Effect.Effect<void>) {
      const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(timeout)
      while (true) {
        const release = yield* attempt
        if (release !== undefined) return release
        if ((yield* Clock.currentTimeMillis) >= until) {
          return yield* new LockError({ path, heldMs: Duration.toMillis(timeout) })
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
