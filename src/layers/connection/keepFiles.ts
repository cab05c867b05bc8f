/** Keeps a session's files in place while it runs: cleaners of temporary files remove them, and so do people. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as v8 from "node:v8"
import { listening } from "../system/processEvents.ts"
import { unblock } from "../system/signalMask.ts"
import { watchFiles } from "../system/watchFiles.ts"
import { RESTORE_SIGNAL } from "./fate.ts"

/**
 * Sessions of a directory that are watched by the system: a quarter of the inotify instances that Linux gives a user,
 * 128 (inotify(7), max_user_instances). Later sessions look from time to time.
 */
export const MAX_WATCHED = 32

/**
 * Milliseconds between two looks, where the system does not tell of changes, or a file could not be put back. The pause
 * after a failure doubles each time.
 */
const LOOK_MS = 60_000
const LONGEST_LOOK_MS = 3_600_000

/** Milliseconds from the first file that is removed: `rm -r` would find a directory that is never empty. */
const SETTLE_MS = 20

/** What was found: nothing was missing, it was put back, or not all of it could be. */
export type Mended = "whole" | "mended" | "missing"

export interface KeepOptions {
  readonly paths: ReadonlyArray<string>
  /** Whether the system may be asked to tell of changes. */
  readonly canWatch: boolean
  /** Others may change the files without this system hearing of it. */
  readonly isShared: boolean
  readonly mend: Effect.Effect<Mended>
}

/** Mends when a file changes, or at the signal. Runs in the background until the scope closes. */
export const keepFiles = Effect.fnUntraced(function*(
  { canWatch, isShared, mend, paths }: KeepOptions
): Effect.fn.Return<void, never, Scope.Scope> {
  const changes = yield* Queue.sliding<void>(1)
  const onChange = () => void Queue.offerUnsafe(changes, undefined)
  const isSnapshot = v8.startupSnapshot.isBuildingSnapshot()
  if (!isSnapshot) yield* listening({ [RESTORE_SIGNAL]: onChange })

  const watch = Effect.sync(() => canWatch ? watchFiles(paths, onChange) : undefined)
  let pause = LOOK_MS
  /** Watches first: what is removed after the look is heard of. */
  const once = Effect.acquireUseRelease(
    watch,
    Effect.fnUntraced(function*(stop) {
      const mended = yield* mend
      // These are new files, to be watched in turn.
      if (mended === "mended") return
      const isHeard = mended === "whole" && stop !== undefined && !isShared
      const look = pause
      pause = mended === "whole" ? LOOK_MS : Math.min(2 * pause, LONGEST_LOOK_MS)
      const change = Effect.andThen(Queue.take(changes), Effect.sleep(SETTLE_MS))
      yield* isHeard ? change : Effect.timeoutOption(change, look)
    }),
    (stop) => Effect.sync(() => stop?.())
  )
  const canHear = Effect.sync(() => isSnapshot ? undefined : unblock(RESTORE_SIGNAL))
  yield* Effect.forkScoped(Effect.andThen(canHear, Effect.forever(once)))
})
