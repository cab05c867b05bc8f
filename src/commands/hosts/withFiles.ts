/** The user's own files are on a host before a session there is. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { HostName } from "../../schema/HostName.ts"
import { FileSync } from "../../services/FileSync.ts"
import type { ConnectFailure } from "../../services/SshTransport.ts"
import { connecting, type Failure, there } from "./onHost.ts"

/**
 * As `there`, for a command that opens a session. Files are on their way from the beginning; the command is given what waits
 * for them, and does so before the session starts or is shown. Whatever becomes of them, it goes on, unless there was no way
 * to the host: who has not connected yet need not wait for that again.
 */
export const thereSynced = Effect.fn("thereSynced")(function*<E extends Failure, R>(
  host: HostName,
  command: (synced: Effect.Effect<void, ConnectFailure>) => Effect.Effect<number, E, R>,
  tellOf?: Parameters<typeof there>[2]
) {
  const { push } = yield* FileSync
  const options = yield* connecting
  // At once: connecting keeps this process busy, and whatever looks for changes runs beside it.
  const pushing = yield* Effect.forkScoped(push(host, options), { startImmediately: true })
  // Several may wait, and one that is interrupted does not end it for the others.
  const synced = Effect.flatMap(
    Fiber.join(pushing),
    (outcome) => outcome._tag === "Unreachable" ? Effect.fail(outcome.error) : Effect.void
  )
  return yield* there(host, command(synced), tellOf)
}, Effect.scoped)
