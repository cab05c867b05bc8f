/** A program that copies its standard input and output to and from a socket, as a channel to that socket. */
import { BoundedBytes } from "../../../schema/Bytes.ts"
import type { ByteChannel, ByteHandlers } from "../../../services/ByteChannel.ts"
import {
  type ChannelFailure,
  ConnectionLost,
  type RemoteProgram,
  SocketRefused
} from "../../../services/SshTransport.ts"
import { lastLine } from "./sanitize.ts"

/** Bytes of its standard error that are kept, to explain its end. */
const MAX_STDERR_BYTES = 4096

export const bridgeChannel = (host: string, path: string, program: RemoteProgram): ByteChannel<ChannelFailure> => {
  let handlers: ByteHandlers<ChannelFailure> | undefined
  let received = false
  const stderr = new BoundedBytes({ last: MAX_STDERR_BYTES })
  let over: { readonly failure: ChannelFailure | undefined } | undefined
  let reported = false

  const report = () => {
    if (reported || over === undefined || handlers === undefined) return
    reported = true
    handlers.onClose(over.failure)
  }

  const close = (failure: ChannelFailure | undefined) => {
    over ??= { failure }
    report()
  }

  const ended = (code: number): ChannelFailure | undefined => {
    if (code === 0) return undefined
    const words = lastLine(stderr.bytes.toString())
    return received ? new ConnectionLost({ host, words }) : new SocketRefused({ host, path, words })
  }

  return {
    listen: (given) => {
      handlers = given
      // Destroyed before the first listener.
      if (over !== undefined) return void setImmediate(report)
      program.listen({
        onData: (bytes) => {
          received = true
          given.onData(bytes)
        },
        onStderr: (bytes) => stderr.add(bytes),
        onDrain: given.onDrain,
        onExit: (end) => {
          const failure = "_tag" in end ? end : ended(end.code)
          if (failure === undefined && over === undefined) given.onEnd()
          close(failure)
        }
      })
    },
    write: program.write,
    pause: program.pause,
    resume: program.resume,
    end: program.end,
    destroy: () => {
      program.destroy()
      // As a socket does: later, and nothing after it.
      setImmediate(() => close(undefined))
    }
  }
}
