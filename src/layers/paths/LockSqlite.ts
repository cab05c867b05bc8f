import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Lock } from "../../services/Lock.ts"
import { Paths } from "../../services/Paths.ts"
import { withFileLock } from "../system/fileLock.ts"

/** Longest wait: creating a session under the lock takes tens of milliseconds. */
const LOCK_TIMEOUT_MS = 10_000

/** A lock of the kernel on a file beside the sessions' sockets. */
export const layer: Layer.Layer<Lock, never, Paths> = Layer.effect(
  Lock,
  Effect.map(Paths, ({ lock }) => Lock.of({ withLock: (effect) => withFileLock(lock, LOCK_TIMEOUT_MS)(effect) }))
)
