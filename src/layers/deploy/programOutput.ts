/** Collects the output of a program on a host until it ends. */
import * as Effect from "effect/Effect"
import { BoundedBytes } from "../../schema/Bytes.ts"
import type { ExitStatus } from "../../schema/Session.ts"
import type { ConnectionLost, RemoteProgram } from "../../services/SshTransport.ts"
import { MAX_STDERR_BYTES } from "./hostReport.ts"

/** Bytes of the output of our own scripts: a few short lines. */
const MAX_ANSWER_BYTES = 4096

/** The beginning of the standard output, where our scripts answer, and the end of the standard error. */
export interface ProgramOutput {
  readonly stdout: Buffer
  readonly stderr: Buffer
}

export interface EndedProgram extends ProgramOutput {
  readonly end: ExitStatus | ConnectionLost
}

/** Keeps the output within limits, whatever a host sends. */
export const makeCollector = () => {
  const stdout = new BoundedBytes({ first: MAX_ANSWER_BYTES })
  const stderr = new BoundedBytes({ last: MAX_STDERR_BYTES })
  return {
    output: (): ProgramOutput => ({ stdout: stdout.bytes, stderr: stderr.bytes }),
    onData: (bytes: Buffer) => stdout.add(bytes),
    onStderr: (bytes: Buffer) => stderr.add(bytes)
  }
}

/** Its standard input stays open: its end tells the program that nothing waits for it any more. */
export const runToEnd = (program: RemoteProgram): Effect.Effect<EndedProgram> =>
  Effect.callback((resume) => {
    const { onData, onStderr, output } = makeCollector()
    program.listen({
      onData,
      onStderr,
      onDrain: () => undefined,
      onExit: (end) => resume(Effect.succeed({ ...output(), end }))
    })
  })
