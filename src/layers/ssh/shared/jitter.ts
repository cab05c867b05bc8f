import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** A wait between half and one and a half of what it should be: many that were turned away do not come back at once. */
export const jittered = (wait: Duration.Input): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.nextBetween(0.5, 1.5), (factor) => Duration.millis(Duration.toMillis(wait) * factor))
