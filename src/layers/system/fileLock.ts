/**
 * SQLite's lock on an empty database: fcntl(2) locks of the kernel, which end with their holder however it dies. They
 * belong to processes; between the holders in one process SQLite tells itself (sqlite.org/howtocorrupt.html). A lock file
 * made with O_EXCL would need somebody to judge whether its maker still lives, and that races.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Fs from "node:fs"
import { LockError } from "../../services/Lock.ts"

/** Range of the pause between two tries: random, so that many who wait do not keep step. */
const PAUSE_MS = { min: 3, max: 20 }

/** SQLITE_BUSY: somebody else holds it (https://sqlite.org/rescode.html#busy). */
const BUSY = 5

/** Makes the file, but never opens it if it is there: closing a descriptor of it would drop our lock (fcntl(2)). */
const makeFile = (path: string): void => {
  try {
    Fs.closeSync(Fs.openSync(path, "wx", 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  }
}

/** Takes the lock and gives what lets it go; undefined when somebody else holds it. */
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
 * Runs `effect` while holding the lock on a file, which is made if need be. Waits up to `patience` for it.
 * `isHeld` of the error: somebody else had it for all that time.
 */
export const withFileLock =
  (path: string, patience: Duration.Input) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | LockError, R> => {
    const attempt = Effect.try({
      try: () => tryLock(path),
      catch: (cause) => new LockError({ path, cause })
    })

    const take = Effect.fnUntraced(function*(pause: (ms: number) => Effect.Effect<void>) {
      const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(patience)
      while (true) {
        const release = yield* attempt
        if (release !== undefined) return release
        if ((yield* Clock.currentTimeMillis) >= until) {
          return yield* new LockError({ path, heldMs: Duration.toMillis(patience) })
        }
        yield* pause(yield* Random.nextIntBetween(PAUSE_MS.min, PAUSE_MS.max))
      }
    })

    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        // Only the pauses can be interrupted: nobody else knows yet that the lock was taken.
        take((ms) => restore(Effect.sleep(ms))),
        (release) => Effect.ensuring(restore(effect), Effect.sync(release))
      )
    )
  }
