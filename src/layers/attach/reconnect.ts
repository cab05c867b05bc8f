/** A connection to another host has died: one after the other is tried until there is one, or it is given up. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type { ConnectionFailure } from "./openConnection.ts"

/** Between attempts: 1 s, 2 s, 4 s, and so on up to this. */
const MAX_DELAY_MS = 30_000

/** What is told is told once a second. */
const TICK_MS = 1000

/** A tick that took so much longer: the machine was asleep, and everything may be different now. */
const SLEPT_MS = 5000

/** An attempt that has come to nothing by then will not: ssh itself gives up after five seconds, and may ask twice. */
const ATTEMPT_MS = 20_000

/** Who holds a key down does not try more often. */
const MIN_RETRY_MS = 500

/** All waits are between this and its reverse of what they should be: not everybody at once, when a host is back. */
const JITTER = 0.8

export interface ReconnectOptions<A, R> {
  /** One attempt; gives up what it has when it is interrupted. */
  readonly attempt: Effect.Effect<A, ConnectionFailure, R>
  /** So many seconds until the next attempt; 0: one is under way. `why`: what the last one failed with. */
  readonly onState: (seconds: number, why: ConnectionFailure | undefined) => void
  /** Runs when a key is pressed, until it is called off. */
  readonly onKey: (run: () => void) => () => void
}

/** It may go the next time. A refusal, or a session that is not there, is for good. */
const isPassing = (error: ConnectionFailure): boolean =>
  error._tag === "Silent" || error._tag === "ConnectError" || (error._tag === "HostError" && error.isPassing)

/** Gives a connection, or the first failure that time does not heal. */
export const reconnect = Effect.fnUntraced(function*<A, R>({ attempt, onKey, onState }: ReconnectOptions<A, R>) {
  let lastAttempt = -Infinity

  const wait = Effect.fnUntraced(function*(ms: number, why: ConnectionFailure | undefined) {
    for (let left = ms; left > 0; left -= TICK_MS) {
      onState(Math.ceil(left / TICK_MS), why)
      const before = yield* Clock.currentTimeMillis
      yield* Effect.sleep(Math.min(TICK_MS, left))
      if ((yield* Clock.currentTimeMillis) - before > TICK_MS + SLEPT_MS) return
    }
  })

  const pressed = Effect.callback<void>((resume) => {
    const callOff = onKey(() => resume(Effect.void))
    return Effect.sync(callOff)
  })
  const retryOnKey = Effect.gen(function*() {
    yield* pressed
    const since = (yield* Clock.currentTimeMillis) - lastAttempt
    if (since < MIN_RETRY_MS) yield* Effect.sleep(MIN_RETRY_MS - Math.max(0, since))
  })

  let why: ConnectionFailure | undefined
  for (let tries = 0;; tries++) {
    const jitter = yield* Random.nextBetween(JITTER, 1 / JITTER)
    yield* Effect.raceFirst(wait(Math.min(MAX_DELAY_MS, TICK_MS * 2 ** Math.min(tries, 10)) * jitter, why), retryOnKey)
    onState(0, why)
    lastAttempt = yield* Clock.currentTimeMillis
    const outcome = yield* attempt.pipe(
      Effect.asSome,
      Effect.catchIf(isPassing, (error) => {
        why = error
        return Effect.succeedNone
      }),
      Effect.timeoutOption(ATTEMPT_MS),
      Effect.map(Option.flatten)
    )
    if (Option.isSome(outcome)) return outcome.value
  }
})
