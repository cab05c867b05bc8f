/** Brings the user's files to a host before a session starts there. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { HostName } from "../../schema/HostName.ts"
import { FileSync } from "../../services/FileSync.ts"
import type { HostError } from "../../services/HostError.ts"
import type { ConnectFailure } from "../../services/SshTransport.ts"
import type { Failure } from "../words/report.ts"
import { withSesh } from "./deployment.ts"
import { connectOptions, runOnHost } from "./onHost.ts"

/**
 * As `runOnHost`, for a command that opens a session. Copying the files starts at once. The command gets an effect that
 * waits for it, and runs that before it starts or shows the session. A failed copy does not stop the command, but an
 * unreachable host does: a second attempt to connect would only time out again. If the host has no sesh that fits,
 * deploys ours, and runs the command again.
 */
export const runOnHostWithFiles = Effect.fn("runOnHostWithFiles")(function*<E extends Failure, R>(
  host: HostName,
  command: (synced: Effect.Effect<void, ConnectFailure>) => Effect.Effect<number, E, R>,
  onFailure?: Parameters<typeof runOnHost>[2]
) {
  const { push } = yield* FileSync
  const options = yield* connectOptions(host)
  // Started immediately: the search for changed files then runs while this process connects.
  const pushing = yield* Effect.forkScoped(push(host, options), { startImmediately: true })
  // Several fibers may wait. If one is interrupted, the copy goes on for the others.
  const synced = Effect.flatMap(
    Fiber.join(pushing),
    (outcome) => outcome._tag === "Unreachable" ? Effect.fail(outcome.error) : Effect.void
  )
  const work = withSesh<number, E | HostError, R>(host, command(synced), options)
  return yield* runOnHost(host, work, onFailure, options)
}, Effect.scoped)
