import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { Lock, LockError } from "../../services/Lock.ts"

/** As the contract has it. */
const PATIENCE = "10 seconds"

/** A lock of its own: first come, first served. */
export const make = (path = "/fake/.sesh/.lock"): Effect.Effect<Lock["Service"]> =>
  Effect.map(Semaphore.make(1), (semaphore) =>
    Lock.of({
      withLock: (effect) =>
        Effect.suspend(() => {
          let isOurs = false
          const locked = semaphore.withPermit(Effect.suspend(() => {
            isOurs = true
            return effect
          }))
          const givenUp = Effect.andThen(
            Effect.sleep(PATIENCE),
            Effect.suspend(() =>
              isOurs
                ? Effect.never
                : Effect.fail(new LockError({ path, heldMs: Duration.toMillis(PATIENCE) }))
            )
          )
          return Effect.raceFirst(locked, givenUp)
        })
    }))

/** One holder at a time within this layer. */
export const layer: Layer.Layer<Lock> = Layer.effect(Lock, make())
