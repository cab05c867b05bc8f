import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Half to one and a half of the wait: many that were refused at once do not return at once. */
export const jittered = (wait: Duration.Input): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.nextBetween(0.5, 1.5), (factor) => Duration.millis(Duration.toMillis(wait) * factor))
