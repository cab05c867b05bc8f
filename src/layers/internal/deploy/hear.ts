/** What a program on a host says until it ends. */
import * as Effect from "effect/Effect"
import type { ExitStatus } from "../../../schema/Session.ts"
import type { ConnectionLost, RemoteProgram } from "../../../services/SshTransport.ts"
import { ANSWER_LIMIT, WORDS_LIMIT } from "./answers.ts"

export interface Heard {
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly end: ExitStatus | ConnectionLost
}

/** Its standard input stays open: its end tells the program that nobody listens any more. */
export const hear = (program: RemoteProgram): Effect.Effect<Heard> =>
  Effect.callback((resume) => {
    let stdout = Buffer.alloc(0)
    let stderr = Buffer.alloc(0)
    program.listen({
      onData: (bytes) => {
        stdout = Buffer.concat([stdout, bytes]).subarray(0, ANSWER_LIMIT)
      },
      onStderr: (bytes) => {
        stderr = Buffer.concat([stderr, bytes]).subarray(-WORDS_LIMIT)
      },
      onDrain: () => undefined,
      onExit: (end) => resume(Effect.succeed({ stdout, stderr, end }))
    })
  })
