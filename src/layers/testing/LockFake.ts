import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { Lock } from "../../services/Lock.ts"

/** One holder at a time within this layer, first come first served. Has no clock: it waits for as long as it takes. */
export const layer: Layer.Layer<Lock> = Layer.effect(
  Lock,
  Effect.map(Semaphore.make(1), (semaphore) => Lock.of({ withLock: semaphore.withPermit }))
)
