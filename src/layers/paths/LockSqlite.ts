import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Lock } from "../../services/Lock.ts"
import { Paths } from "../../services/Paths.ts"
import { withFileLock } from "../system/fileLock.ts"

/** Longest wait, in milliseconds: a creation under the lock takes some tens. */
const PATIENCE = 10_000

/** The kernel's lock on a file beside the sessions' sockets. */
export const layer: Layer.Layer<Lock, never, Paths> = Layer.effect(
  Lock,
  Effect.map(Paths, ({ lock }) => Lock.of({ withLock: (effect) => withFileLock(lock, PATIENCE)(effect) }))
)
