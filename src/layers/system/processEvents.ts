/** Events of this process. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { EndSignal } from "../../schema/protocol/Control.ts"

const END_SIGNALS: ReadonlyArray<EndSignal> = ["SIGINT", "SIGTERM", "SIGHUP"]

/** What is called when a signal comes, or at `exit`. */
export type ProcessEvents = Readonly<Record<string, () => void>>

/**
 * Listens until what it gives is called. A signal that is listened to does not do what it does by itself. For what is no
 * Effect; others have `listening`.
 */
export const listen = (events: ProcessEvents): () => void => {
  for (const [event, run] of Object.entries(events)) process.on(event, run)
  return () => {
    for (const [event, run] of Object.entries(events)) process.off(event, run)
  }
}

/** Listens while the scope is open. */
export const listening = (events: ProcessEvents): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(Effect.sync(() => listen(events)), (stop) => Effect.sync(stop)))

/** Events for both: whatever tells the process to end. */
export const endSignals = (onSignal: (signal: EndSignal) => void): Readonly<Record<EndSignal, () => void>> =>
  Object.fromEntries(END_SIGNALS.map((name) => [name, () => onSignal(name)])) as Record<EndSignal, () => void>
