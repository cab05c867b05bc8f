/** What a program on a host says until it ends. */
import * as Effect from "effect/Effect"
import { BoundedBytes } from "../../schema/Bytes.ts"
import type { ExitStatus } from "../../schema/Session.ts"
import type { ConnectionLost, RemoteProgram } from "../../services/SshTransport.ts"
import { WORDS_LIMIT } from "./hostReport.ts"

/** Bytes of what a script of ours says: a few short lines. */
const ANSWER_LIMIT = 4096

/** The beginning of what a script of ours answers, and the end of what others complain of. */
export interface Said {
  readonly stdout: Buffer
  readonly stderr: Buffer
}

export interface Heard extends Said {
  readonly end: ExitStatus | ConnectionLost
}

/** Keeps what is said, within limits, whatever a host sends. */
export const makeEar = () => {
  const stdout = new BoundedBytes({ first: ANSWER_LIMIT })
  const stderr = new BoundedBytes({ last: WORDS_LIMIT })
  return {
    said: (): Said => ({ stdout: stdout.bytes, stderr: stderr.bytes }),
    onData: (bytes: Buffer) => stdout.add(bytes),
    onStderr: (bytes: Buffer) => stderr.add(bytes)
  }
}

/** Its standard input stays open: its end tells the program that nobody listens any more. */
export const hear = (program: RemoteProgram): Effect.Effect<Heard> =>
  Effect.callback((resume) => {
    const { onData, onStderr, said } = makeEar()
    program.listen({
      onData,
      onStderr,
      onDrain: () => undefined,
      onExit: (end) => resume(Effect.succeed({ ...said(), end }))
    })
  })
