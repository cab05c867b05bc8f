import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Fs from "node:fs"
import { Lock, LockError } from "../services/Lock.ts"
import { Paths } from "../services/Paths.ts"

/** Longest wait, in milliseconds: a creation under the lock takes some tens. */
const PATIENCE = 10_000

/** Range of the pause between two tries, in milliseconds: random, so that many who wait do not keep step. */
const PAUSE = { min: 3, max: 20 }

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
 * SQLite's lock on an empty database: fcntl(2) locks of the kernel, which end with their holder however it dies. They
 * belong to processes; between the holders in one process SQLite tells itself (sqlite.org/howtocorrupt.html). A lock file
 * made with O_EXCL would need somebody to judge whether its maker still lives, and that races.
 */
export const layer: Layer.Layer<Lock, never, Paths> = Layer.effect(
  Lock,
  Effect.gen(function*() {
    const path = (yield* Paths).lock
    const failed = (reason: string) => new LockError({ path, reason })

    const attempt = Effect.try({
      try: () => tryLock(path),
      catch: (cause) => failed(cause instanceof Error ? cause.message : String(cause))
    })

    const take = Effect.fnUntraced(function*(pause: (ms: number) => Effect.Effect<void>) {
      const until = (yield* Clock.currentTimeMillis) + PATIENCE
      while (true) {
        const release = yield* attempt
        if (release !== undefined) return release
        if ((yield* Clock.currentTimeMillis) >= until) {
          return yield* failed("another sesh has held it for 10 s; is one of them stopped?")
        }
        yield* pause(yield* Random.nextIntBetween(PAUSE.min, PAUSE.max))
      }
    })

    return Lock.of({
      withLock: (effect) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(
            // Only the pauses can be interrupted: nobody else knows yet that the lock was taken.
            take((ms) => restore(Effect.sleep(ms))),
            (release) => Effect.ensuring(restore(effect), Effect.sync(release))
          )
        )
    })
  })
)
