/** Runs a program to its end and keeps its output: the same over every transport. */
import * as Effect from "effect/Effect"
import { BoundedBytes } from "../../../schema/Bytes.ts"
import {
  type ConnectionLost,
  type ExecOptions,
  type ExecResult,
  OUTPUT_LIMIT_BYTES,
  OutputTooLarge,
  type RemoteProgram,
  type SshTransport
} from "../../../services/SshTransport.ts"

export const collect = (
  host: string,
  program: RemoteProgram,
  options: ExecOptions | undefined
): Effect.Effect<ExecResult, ConnectionLost | OutputTooLarge> =>
  Effect.callback((resume) => {
    const limit = options?.limit ?? OUTPUT_LIMIT_BYTES
    const stdout = new BoundedBytes({ first: limit })
    const stderr = new BoundedBytes({ first: limit })
    const keep = (kept: BoundedBytes) => (bytes: Buffer) => {
      kept.add(bytes)
      if (kept.isWhole) return
      program.destroy()
      resume(Effect.fail(new OutputTooLarge({ host, limit })))
    }
    program.listen({
      onData: keep(stdout),
      onStderr: keep(stderr),
      onDrain: () => undefined,
      onExit: (end) =>
        resume(
          "_tag" in end
            ? Effect.fail(end)
            : Effect.succeed({ status: end, stdout: stdout.bytes, stderr: stderr.bytes })
        )
    })
    if (options?.stdin !== undefined && options.stdin.length > 0) program.write(options.stdin)
    program.end()
  })

/** Runs programs that are started like this. */
export const execWith =
  (start: SshTransport["Service"]["start"]): SshTransport["Service"]["exec"] => (host, argv, options) =>
    Effect.scoped(Effect.flatMap(
      start(host, argv, options?.stdin === undefined ? { ...options, input: "none" } : options),
      (program) => collect(host, program, options)
    ))
