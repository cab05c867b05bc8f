/** Making connections without asking too much of an sshd. */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import { type ConnectFailure, type ConnectOptions, HostUnreachable } from "../../../services/SshTransport.ts"

/** Handshakes at once with one sshd, which drops some beyond ten (MaxStartups 10:30:100). */
const HANDSHAKES = 8

/** How often, and after how many milliseconds first, a dropped handshake is tried again; twice as long each time. */
const RETRIES = 4
const RETRY_MS = 250

/** By destination: so many at once, again when one was dropped, and no longer than `limit` where nobody is asked. */
export const makeHandshakes = () => {
  const gates = new Map<string, Semaphore.Semaphore>()

  const gate = (destination: string): Semaphore.Semaphore => {
    const found = gates.get(destination) ?? Semaphore.makeUnsafe(HANDSHAKES)
    gates.set(destination, found)
    return found
  }

  return <A>(options: {
    readonly host: string
    readonly destination: string
    readonly prompts: ConnectOptions["prompts"]
    /** Milliseconds. */
    readonly limit: number
    readonly attempt: Effect.Effect<A, ConnectFailure>
  }): Effect.Effect<A, ConnectFailure> => {
    const { attempt, destination, host, limit, prompts } = options
    const tries = (left: number, pause: number): Effect.Effect<A, ConnectFailure> =>
      Effect.catchTag(attempt, "HostUnreachable", (error) =>
        error.reason !== "dropped" || left === 0
          ? Effect.fail(error)
          : Effect.andThen(Effect.sleep(pause * (0.5 + Math.random())), tries(left - 1, pause * 2)))
    const limited = prompts === "interactive" ? tries(RETRIES, RETRY_MS) : Effect.timeoutOrElse(
      tries(RETRIES, RETRY_MS),
      { duration: limit, orElse: () => Effect.fail(new HostUnreachable({ host, reason: "timeout", words: "" })) }
    )
    return Semaphore.withPermit(gate(destination), limited)
  }
}
