/** Time for deadlines: no change of the system's clock moves it. Not to be shown or saved. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

const toMs = (nanos: bigint): number => Number(nanos) / 1_000_000

/** Milliseconds since a moment that is another one for each boot. */
export const monotonicMs: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, toMs)

/** The same of a clock, for callbacks. */
export const monotonicMsOf = (clock: Clock.Clock): number => toMs(clock.monotonicTimeNanosUnsafe())
