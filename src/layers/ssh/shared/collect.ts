/** Runs a program to its end and keeps what it says: the same over every transport. */
import * as Effect from "effect/Effect"
import {
  type ConnectionLost,
  type ExecOptions,
  type ExecResult,
  OUTPUT_LIMIT,
  OutputTooLarge,
  type RemoteProgram
} from "../../../services/SshTransport.ts"

class Kept {
  readonly chunks: Array<Buffer> = []
  private bytes = 0
  private readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  /** False: it is too much. */
  add(bytes: Buffer): boolean {
    this.bytes += bytes.length
    if (this.bytes > this.limit) return false
    this.chunks.push(bytes)
    return true
  }
}

export const collect = (
  host: string,
  program: RemoteProgram,
  options: ExecOptions | undefined
): Effect.Effect<ExecResult, ConnectionLost | OutputTooLarge> =>
  Effect.callback((resume) => {
    const limit = options?.limit ?? OUTPUT_LIMIT
    const stdout = new Kept(limit)
    const stderr = new Kept(limit)
    const keep = (kept: Kept) => (bytes: Buffer) => {
      if (kept.add(bytes)) return
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
            : Effect.succeed({
              status: end,
              stdout: Buffer.concat(stdout.chunks),
              stderr: Buffer.concat(stderr.chunks)
            })
        )
    })
    if (options?.stdin !== undefined && options.stdin.length > 0) program.write(options.stdin)
    program.end()
  })
