import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"

/** What ids look like, ours and those of other versions. */
export const Id = Schema.String.check(Schema.isPattern(/^[\w.-]{1,64}$/))

/** Longest run of digits of a random number in base 36. */
const DIGITS = 11

/**
 * A unique id of a session or a client: the time, and 56 random bits. It is not a secret, so it needs no node:crypto,
 * which would cost ten milliseconds of start-up.
 */
export const newId: Effect.Effect<string> = Effect.gen(function*() {
  const time = yield* Clock.currentTimeMillis
  const random = yield* Random.next
  return `${time.toString(36)}-${random.toString(36).slice(2).padEnd(DIGITS, "0").slice(0, DIGITS)}`
})
