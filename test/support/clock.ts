/** The system's clock, set to another time while a test runs. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Runs with a clock that `set` changes by so many milliseconds; what is monotonic, and sleeps, stay as they are. */
export const withSetClock = <A, E, R>(use: (set: (ms: number) => void) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(Clock.Clock, (clock) => {
    let offset = 0
    const now = () => clock.currentTimeMillisUnsafe() + offset
    const changed: Clock.Clock = Object.assign(Object.create(clock) as Clock.Clock, {
      currentTimeMillisUnsafe: now,
      currentTimeMillis: Effect.sync(now)
    })
    return Effect.provideService(use((ms) => void (offset += ms)), Clock.Clock, changed)
  })

export const DAY_MS = 24 * 3_600_000
