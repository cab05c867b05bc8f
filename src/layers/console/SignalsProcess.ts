import * as Layer from "effect/Layer"
import { Signals } from "../../services/Signals.ts"
import { endSignals, listening } from "../system/processEvents.ts"

/** Signals of this process. */
export const layer: Layer.Layer<Signals> = Layer.succeed(Signals, {
  listen: (onSignal) => listening(endSignals(onSignal))
})
