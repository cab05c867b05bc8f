/** Processes of ssh. */
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import { HostUnreachable, SshMissing } from "../../../services/SshTransport.ts"
import { lastLine } from "../shared/sanitize.ts"

/** Milliseconds that ssh has to end when asked to. */
const GRACE = 500

/** Bytes: `ssh -G` prints about 5,000. */
const MAX_PRINTED = 256 * 1024

/** Why a process could not be started. */
export const notStarted = (file: string, error: NodeJS.ErrnoException): SshMissing =>
  error.code === "ENOENT"
    ? new SshMissing({ problem: `there is no ${file} on PATH`, advice: "install OpenSSH's client" })
    : new SshMissing({ problem: `${file} cannot be started (${error.code ?? error.message})`, advice: "try again" })

/** Ends a process, and with a session of its own all that it has started. */
export const end = (child: ChildProcess.ChildProcess, group: boolean): void => {
  const { pid } = child
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(group ? -pid : pid, signal)
    } catch {
      // It has just ended.
    }
  }
  send("SIGTERM")
  const timer = setTimeout(() => send("SIGKILL"), GRACE)
  timer.unref()
  child.once("exit", () => clearTimeout(timer))
}

/** Starts a process: what Node throws is turned into the event that it otherwise emits. */
export const spawn = (
  file: string,
  args: ReadonlyArray<string>,
  options: ChildProcess.SpawnOptions
): Effect.Effect<ChildProcess.ChildProcess, SshMissing> =>
  Effect.callback((resume) => {
    const failed = (error: unknown) => resume(Effect.fail(notStarted(file, error as NodeJS.ErrnoException)))
    try {
      const child = ChildProcess.spawn(file, args, options)
      child.on("error", failed)
      if (child.pid !== undefined) resume(Effect.succeed(child))
    } catch (error) {
      failed(error)
    }
  })

/** Waits for the end of a process: null when it was killed. */
export const exitCode = (child: ChildProcess.ChildProcess): Effect.Effect<number | null> =>
  Effect.callback((resume) => {
    const ended = (code: number | null) => resume(Effect.succeed(code))
    if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode)
    else child.once("exit", ended)
  })

/** Runs ssh to its end, for what it prints. */
export const print = (
  host: string,
  file: string,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv
): Effect.Effect<string, HostUnreachable | SshMissing> =>
  Effect.callback((resume) => {
    const child = ChildProcess.execFile(file, args, { env, maxBuffer: MAX_PRINTED }, (error, stdout, stderr) => {
      if (error === null) return resume(Effect.succeed(stdout))
      const { code } = error as { readonly code?: unknown }
      return resume(Effect.fail(
        typeof code === "string"
          ? notStarted(file, error as NodeJS.ErrnoException)
          : new HostUnreachable({ host, reason: "other", words: lastLine(stderr) })
      ))
    })
    child.stdin?.end()
    return Effect.sync(() => end(child, false))
  })
