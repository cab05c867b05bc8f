import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type EndSignal, Signals } from "../../services/Signals.ts"

/** Sends signals to the listeners. */
export class SignalsTestRef extends Context.Service<SignalsTestRef, {
  readonly listeners: Set<(signal: EndSignal) => void>
  /** False: there is no listener, the process would have ended. */
  readonly send: (signal: EndSignal) => boolean
}>()("sesh/layers/testing/SignalsTestRef") {}

/** Signals that a test sends. */
export const layer: Layer.Layer<Signals | SignalsTestRef> = Layer.effectContext(Effect.sync(() => {
  const listeners = new Set<(signal: EndSignal) => void>()
  const send = (signal: EndSignal) => {
    for (const listener of listeners) listener(signal)
    return listeners.size > 0
  }
  return Context.make(SignalsTestRef, { listeners, send }).pipe(Context.add(
    Signals,
    Signals.of({
      listen: (onSignal) =>
        Effect.asVoid(Effect.acquireRelease(
          Effect.sync(() => {
            const listener = (signal: EndSignal) => onSignal(signal)
            listeners.add(listener)
            return listener
          }),
          (listener) => Effect.sync(() => listeners.delete(listener))
        ))
    })
  ))
}))
