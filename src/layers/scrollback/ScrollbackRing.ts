import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Scrollback } from "../../services/Scrollback.ts"
import { RawScrollback } from "./rawScrollback.ts"

/** Bytes kept for resuming a connection and for restores: a few seconds of a flood on a fast connection. */
export const RING_BYTES = 4 * 1024 * 1024

/** Raw bytes only: the last of them are replayed. Cheap, and right for line-oriented programs. */
export const layer = (capacity: number = RING_BYTES): Layer.Layer<Scrollback> =>
  Layer.succeed(Scrollback, { make: (size) => Effect.sync(() => new RawScrollback(size, capacity)) })
