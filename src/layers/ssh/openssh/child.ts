/** Processes of ssh. */
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import { HostUnreachable, SshMissing } from "../../../services/SshTransport.ts"
import { childEnd, endChild, spawnChild } from "../../system/childProcess.ts"
import { isAbsent, shortageOf } from "../../system/systemError.ts"
import { lastLine } from "../shared/sanitize.ts"

/** Time that ssh has to end when asked to. */
const GRACE_MS = 500

/** Bytes: `ssh -G` prints about 5,000. */
const MAX_PRINTED_BYTES = 256 * 1024

const because = (cause: NodeJS.ErrnoException): string => {
  const shortage = shortageOf(cause)
  return shortage === undefined ? ` (${cause.code ?? cause.message})` : `: ${shortage}`
}

/** Why a process could not be started. */
export const notStarted = (file: string, cause: NodeJS.ErrnoException): SshMissing =>
  isAbsent(cause)
    ? new SshMissing({ problem: `there is no ${file} on PATH`, advice: "install OpenSSH's client", cause })
    : new SshMissing({
      problem: `${file} cannot be started${because(cause)}`,
      advice: "try again",
      cause
    })

/** Ends a process; with `group`, also all that it has started. */
export const end = (child: ChildProcess.ChildProcess, group: boolean): void => endChild(child, GRACE_MS, { group })

/** Starts a process. An exception of Node is handled like the error event. */
export const spawn = (
  file: string,
  args: ReadonlyArray<string>,
  options: ChildProcess.SpawnOptions
): Effect.Effect<ChildProcess.ChildProcess, SshMissing> =>
  Effect.callback((resume) => {
    const child = spawnChild(file, args, options, (error) => resume(Effect.fail(notStarted(file, error))))
    if (child !== undefined) resume(Effect.succeed(child))
  })

/** Waits for the end of a process: null when it was killed. */
export const exitCode = (child: ChildProcess.ChildProcess): Effect.Effect<number | null> =>
  Effect.map(childEnd(child), () => child.exitCode)

/** What a process has printed. */
export interface Printed {
  readonly stdout: string
  readonly stderr: string
}

/** Runs ssh to its end, and returns its output. */
export const print = (
  host: string,
  file: string,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv
): Effect.Effect<Printed, HostUnreachable | SshMissing> =>
  Effect.callback((resume) => {
    const failed = (error: unknown) => resume(Effect.fail(notStarted(file, error as NodeJS.ErrnoException)))
    try {
      const child = ChildProcess.execFile(
        file,
        args,
        { env, maxBuffer: MAX_PRINTED_BYTES },
        (error, stdout, stderr) => {
          if (error === null) return resume(Effect.succeed({ stdout, stderr }))
          const { code } = error as { readonly code?: unknown }
          return typeof code === "string"
            ? failed(error)
            : resume(Effect.fail(new HostUnreachable({ host, reason: "other", words: lastLine(stderr), cause: error })))
        }
      )
      child.stdin?.end()
      return Effect.sync(() => end(child, false))
    } catch (error) {
      return failed(error)
    }
  })
