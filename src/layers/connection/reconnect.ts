/** Reconnects to another host: tries until it works, or until a failure that no retry heals. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import type { Output } from "../../services/Output.ts"
import { AsksNobody } from "../../services/SshTransport.ts"
import type { ConnectionFailure } from "./silent.ts"

/** An attempt begins 1 s, 2 s, 4 s, and so on, after the one before, up to this. */
const MAX_DELAY_MS = 30_000

/** The same, while somebody is there to see it: as long as one likes to wait for a link that is back. */
const WATCHED_DELAY_MS = 2000

/**
 * How long after the loss, or the last key, somebody is taken to be there. Windows that are left open over night cost
 * their machine and the host no more than those of scripts.
 */
const WATCHED_MS = 10 * 60_000

/** The notice changes once a second. */
const TICK_MS = 1000

/** If a tick takes this much longer, the machine was asleep: the next attempt is made at once. */
const SLEPT_MS = 5000

/** A key that is held down causes no more attempts than this. */
const MIN_RETRY_MS = 500

/** Factor of a delay, between this and its inverse, so that clients do not return all at once when a host is back. */
const JITTER = 0.8

export interface ReconnectOptions<A, R> {
  /**
   * One attempt, in which nobody is asked; frees its resources if it is interrupted. It ends by itself:
   * connecting, the login, the host's shell, its answers and the session's hello have limits of their own.
   */
  readonly attempt: Effect.Effect<A, ConnectionFailure, R>
  /** `seconds` until the next attempt; 0: one is running. `why`: the failure of the last one. */
  readonly onState?: (seconds: number, why: ConnectionFailure | undefined) => void
  /** Runs `run` when a key is pressed; returns how to stop that. */
  readonly onKey?: (run: () => void) => () => void
  /** Lets the user heal a failure that time does not heal, and returns for another attempt; or fails with it. */
  readonly heal?: (failure: ConnectionFailure) => Effect.Effect<void, ConnectionFailure, R>
  /** It is shown on a terminal. */
  readonly isShown?: boolean
}

/** Whether a retry may work. A refusal, or a session that does not exist, is final. */
export const isPassing = (error: ConnectionFailure): boolean =>
  error._tag === "Silent" || error._tag === "ConnectError" || (error._tag === "HostError" && error.isPassing)

/** Returns the new connection, or fails with the first failure that no retry heals. */
export const reconnect = Effect.fnUntraced(function*<A, R>(options: ReconnectOptions<A, R>) {
  const { attempt, heal = Effect.fail, isShown = false, onKey = () => () => undefined, onState } = options
  let lastAttempt = -Infinity
  /** When somebody was there. */
  let seen = yield* Clock.currentTimeMillis

  const wait = Effect.fnUntraced(function*(ms: number, why: ConnectionFailure | undefined) {
    for (let left = ms; left > 0; left -= TICK_MS) {
      onState?.(Math.ceil(left / TICK_MS), why)
      const before = yield* Clock.currentTimeMillis
      yield* Effect.sleep(Math.min(TICK_MS, left))
      const now = yield* Clock.currentTimeMillis
      if (now - before <= TICK_MS + SLEPT_MS) continue
      seen = now
      return
    }
  })

  const pressed = Effect.callback<void>((resume) => {
    const callOff = onKey(() => resume(Effect.void))
    return Effect.sync(callOff)
  })
  const retryOnKey = Effect.gen(function*() {
    yield* pressed
    seen = yield* Clock.currentTimeMillis
    const since = seen - lastAttempt
    if (since < MIN_RETRY_MS) yield* Effect.sleep(MIN_RETRY_MS - Math.max(0, since))
  })

  let why: ConnectionFailure | undefined
  let isHealed = false
  /** How long the last attempt took. */
  let tookMs = 0
  for (let tries = 0;; tries++) {
    const jitter = yield* Random.nextBetween(JITTER, 1 / JITTER)
    const isWatched = isShown && (yield* Clock.currentTimeMillis) - seen < WATCHED_MS
    const most = isWatched ? WATCHED_DELAY_MS : MAX_DELAY_MS
    const delay = Math.min(most, TICK_MS * 2 ** Math.min(tries, 10)) * jitter
    if (!isHealed) yield* Effect.raceFirst(wait(Math.max(MIN_RETRY_MS, delay - tookMs), why), retryOnKey)
    onState?.(0, why)
    lastAttempt = yield* Clock.currentTimeMillis
    const outcome = yield* Effect.result(Effect.provideService(attempt, AsksNobody, true))
    tookMs = (yield* Clock.currentTimeMillis) - lastAttempt
    if (Result.isSuccess(outcome)) return outcome.success
    why = outcome.failure
    isHealed = !isPassing(why)
    if (!isHealed) continue
    yield* heal(why)
    why = undefined
  }
})

export const lostNote = (host: string): string => `[connection to ${host} lost, trying again]`

export const backNote = (host: string): string => `[connection to ${host} is back]`

/** As `reconnect`, for a script: says on standard error that the connection is lost, and that it is back. */
export const reconnectSaying = Effect.fnUntraced(function*<A, R>(
  host: string,
  note: Output["Service"]["note"],
  attempt: ReconnectOptions<A, R>["attempt"]
) {
  yield* note(lostNote(host))
  const made = yield* reconnect({ attempt })
  yield* note(backNote(host))
  return made
})
