import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Size } from "../../schema/Session.ts"
import { VtEngine, VtEngineError, type VtTerminal } from "../../services/VtEngine.ts"
import { type Engine, load } from "./load.ts"
import { XtermTerminal } from "./model.ts"

/** xterm.js without a window, pinned, with our own serializer. Loaded when first needed. */
export const layer: Layer.Layer<VtEngine> = Layer.sync(VtEngine, () => {
  let loaded: Promise<Engine> | undefined
  const engine = Effect.tryPromise({
    try: () => loaded ??= load(),
    catch: (cause) => new VtEngineError({ problem: "it does not load", cause })
  })
  const make = (size: Size, historyLines: number): Effect.Effect<VtTerminal, VtEngineError> =>
    Effect.flatMap(engine, (engine) =>
      Effect.try({
        try: () => new XtermTerminal(engine, size, historyLines),
        catch: (cause) => new VtEngineError({ problem: "it does not start", cause })
      }))
  return { make }
})
