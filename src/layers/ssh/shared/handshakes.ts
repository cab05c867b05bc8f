/** Makes connections without overloading an sshd. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import { type ConnectFailure, type ConnectOptions, HostUnreachable } from "../../../services/SshTransport.ts"
import { jittered } from "./jitter.ts"

/** Handshakes at once with one sshd, which drops some beyond ten (MaxStartups 10:30:100). */
const HANDSHAKES = 8

/** Retries of a dropped handshake, after waits of about 0.25, 0.5, 1 and 2 seconds. */
const RETRIES = 4
const waits = Schedule.modifyDelay(Schedule.exponential("250 millis"), ({ duration }) => jittered(duration))

const isDropped = (error: ConnectFailure): boolean => error._tag === "HostUnreachable" && error.reason === "dropped"

/**
 * Limits the handshakes per endpoint, and repeats a dropped one. Takes at most `limit` unless the user may be asked.
 */
export const makeHandshakes = () => {
  const gates = new Map<string, Semaphore.Semaphore>()

  const gate = (endpoint: string): Semaphore.Semaphore => {
    const found = gates.get(endpoint) ?? Semaphore.makeUnsafe(HANDSHAKES)
    gates.set(endpoint, found)
    return found
  }

  return <A>(options: {
    readonly host: string
    readonly endpoint: string
    readonly prompts: ConnectOptions["prompts"]
    readonly limit: Duration.Input
    readonly attempt: Effect.Effect<A, ConnectFailure>
  }): Effect.Effect<A, ConnectFailure> => {
    const { attempt, endpoint, host, limit, prompts } = options
    const tries = Effect.retry(attempt, { schedule: waits, times: RETRIES, while: isDropped })
    const limited = prompts === "interactive" ? tries : Effect.timeoutOrElse(
      tries,
      { duration: limit, orElse: () => Effect.fail(new HostUnreachable({ host, reason: "timeout", words: "" })) }
    )
    return Semaphore.withPermit(gate(endpoint), limited)
  }
}
