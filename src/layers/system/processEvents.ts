/** Events of this process. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { EndSignal } from "../../schema/protocol/Control.ts"

const END_SIGNALS: ReadonlyArray<EndSignal> = ["SIGINT", "SIGTERM", "SIGHUP"]

/** Listens while the scope is open; a signal that is listened to does not do what it does by itself. */
export const listening = (
  events: Readonly<Record<string, () => void>>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(
    Effect.sync(() => {
      for (const [event, run] of Object.entries(events)) process.on(event, run)
    }),
    () =>
      Effect.sync(() => {
        for (const [event, run] of Object.entries(events)) process.off(event, run)
      })
  ))

/** For `listening`: whatever tells the process to end. */
export const endSignals = (onSignal: (signal: EndSignal) => void): Readonly<Record<EndSignal, () => void>> =>
  Object.fromEntries(END_SIGNALS.map((name) => [name, () => onSignal(name)])) as Record<EndSignal, () => void>
