/** A program on a host that does not exist. */
import type { ExitStatus } from "../../../schema/Session.ts"
import type { ByteChannel } from "../../../services/ByteChannel.ts"
import type { ChannelFailure, ConnectionLost, ProgramHandlers, RemoteProgram } from "../../../services/SshTransport.ts"
import { channelPair } from "./channelPair.ts"

/** A program, on the side of the test that plays it. */
export interface FakeRemoteProgram {
  readonly argv: ReadonlyArray<string>
  /** Its standard input, as what is heard, and its standard output, as what is written. */
  readonly stdio: ByteChannel<ChannelFailure>
  readonly printError: (text: string | Buffer) => void
  /** Ends. What it wrote still arrives first. */
  readonly exit: (status: ExitStatus | number) => void
  /** No client is left to read it. */
  readonly isAbandoned: () => boolean
}

/** A program and its two sides. */
export const fakeRemoteProgram = (argv: ReadonlyArray<string>): {
  readonly program: FakeRemoteProgram
  readonly remote: RemoteProgram
  readonly cut: (failure: ConnectionLost) => void
} => {
  const { cut, far, near } = channelPair<ChannelFailure>()
  let handlers: ProgramHandlers | undefined
  let errors: Array<Buffer> = []
  let status: ExitStatus | undefined
  let lost: ConnectionLost | undefined
  let hasEnded = false
  let paused = false
  let abandoned = false
  let told = false

  const turn = () => {
    if (handlers === undefined || abandoned || told) return
    while (!paused && errors.length > 0 && lost === undefined) handlers.onStderr(errors.shift()!)
    const end = lost ?? (hasEnded && errors.length === 0 ? status : undefined)
    if (end === undefined || abandoned) return
    told = true
    handlers.onExit(end)
  }
  const later = () => void setImmediate(turn)

  const program: FakeRemoteProgram = {
    argv,
    stdio: far,
    printError: (text) => {
      if (status !== undefined) return
      errors.push(Buffer.from(text as string))
      later()
    },
    exit: (given) => {
      if (status !== undefined) return
      status = typeof given === "number" ? { code: given } : given
      far.end()
      later()
    },
    isAbandoned: () => abandoned
  }

  const remote: RemoteProgram = {
    listen: (given) => {
      handlers = given
      near.listen({
        onData: (bytes) => abandoned || given.onData(bytes),
        onDrain: () => abandoned || given.onDrain(),
        onEnd: () => {
          hasEnded = true
          turn()
        },
        onClose: turn
      })
      later()
    },
    write: near.write,
    pause: () => {
      paused = true
      near.pause()
    },
    resume: () => {
      paused = false
      near.resume()
      later()
    },
    end: near.end,
    destroy: () => {
      abandoned = true
      errors = []
      near.destroy()
    }
  }

  return {
    program,
    remote,
    cut: (failure) => {
      if (told || abandoned) return
      lost = failure
      cut(failure)
      later()
    }
  }
}
