import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Scrollback } from "../../services/Scrollback.ts"
import { RawScrollback } from "./rawScrollback.ts"

/** Kept for resuming a connection and for restoring: what a fast link carries in a few seconds of a flood. */
export const RING_BYTES = 4 * 1024 * 1024

/** Raw bytes: the last of them are replayed as they were. Cheap, and right for line-oriented programs. */
export const layer = (capacity: number = RING_BYTES): Layer.Layer<Scrollback> =>
  Layer.succeed(Scrollback, { make: (size) => Effect.sync(() => new RawScrollback(size, capacity)) })
