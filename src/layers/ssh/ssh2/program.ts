/** A program on a host, over a channel of the library. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Channel } from "ssh2"
import type { ExitStatus } from "../../../schema/Session.ts"
import { ConnectionLost, NoShell, type StartOptions } from "../../../services/SshTransport.ts"
import { signalNumber } from "../../system/childProcess.ts"
import { newMarker, PipedProgram } from "../shared/pipedProgram.ts"
import { remoteCommand } from "../shared/remoteCommand.ts"
import { oneLine } from "../shared/sanitize.ts"
import { NotYetStarted, type Started } from "../shared/startProgram.ts"
import type { SshConnection } from "./connection.ts"
import type { LibraryError } from "./errors.ts"

/** The status of a program that died of a signal unknown on this machine, as in a shell. */
const UNKNOWN_SIGNAL = 255

/** The library's messages for a channel that got no answer before the connection ended. */
const NEVER_OPENED = /No response from server|Not connected|closed channel unexpectedly/

const statusOf = (code: number | null, signal: string | undefined): ExitStatus => {
  if (code !== null) return { code }
  const number = signalNumber(signal ?? "")
  return number === undefined ? { code: UNKNOWN_SIGNAL } : { code: 0, signal: number }
}

const notStarted = (host: string, connection: SshConnection, error: LibraryError): Started => {
  if (error.reason !== undefined || NEVER_OPENED.test(error.message)) {
    const isBusy = connection.lost === undefined
    return Result.fail(new NotYetStarted({ isBusy, words: oneLine(error.message), cause: error }))
  }
  return Result.fail(
    connection.lost === undefined
      ? new NoShell({ host, words: "", cause: error })
      : new ConnectionLost({ host, words: connection.lost, cause: error })
  )
}

const pipe = (
  host: string,
  connection: SshConnection,
  channel: Channel,
  marker: string,
  onStarted: (started: Started) => void
): PipedProgram => {
  const drop = () => void channel.destroy()
  const program = new PipedProgram(
    host,
    { stdin: channel, stdout: channel, stderr: channel.stderr, drop },
    marker,
    onStarted
  )
  let status: ExitStatus | undefined
  let open = 2
  const closed = () => {
    if (--open > 0) return
    // A lost connection looks like the end of a program, but has no status.
    program.finish(status ?? new ConnectionLost({ host, words: connection.lost ?? "" }), true)
  }
  channel.on("exit", (code: number | null, signal?: string) => {
    status = statusOf(code, signal)
  })
  channel.once("close", closed)
  channel.stderr.once("close", closed)
  return program
}

/** Starts a program. Interrupting ends it; once returned, its end is up to the caller. */
export const startProgram = (
  host: string,
  connection: SshConnection,
  argv: ReadonlyArray<string>,
  input: StartOptions["input"]
): Effect.Effect<Started> =>
  Effect.flatMap(newMarker, (marker) =>
    Effect.callback((resume) => {
      let program: PipedProgram | undefined
      let given = false
      let dropped = false
      connection.exec(remoteCommand(argv, marker), (error, channel) => {
        if (dropped) return channel?.destroy()
        if (channel === undefined) return resume(Effect.succeed(notStarted(host, connection, error!)))
        program = pipe(host, connection, channel, marker, (started) => {
          given = true
          resume(Effect.succeed(started))
        })
        if (input === "none") program.program.end()
        return undefined
      })
      return Effect.sync(() => {
        dropped = true
        if (!given) program?.destroy()
      })
    }))
