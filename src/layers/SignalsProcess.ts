import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type EndSignal, Signals } from "../services/Signals.ts"

const NAMES: ReadonlyArray<EndSignal> = ["SIGINT", "SIGTERM", "SIGHUP"]

/** Signals of this process. */
export const layer: Layer.Layer<Signals> = Layer.succeed(Signals, {
  listen: (onSignal) =>
    Effect.asVoid(Effect.acquireRelease(
      Effect.sync(() => {
        for (const name of NAMES) process.on(name, onSignal)
      }),
      () =>
        Effect.sync(() => {
          for (const name of NAMES) process.off(name, onSignal)
        })
    ))
})
