/** A program that copies its standard input and output to and from a socket, as that socket. */
import { BoundedBytes } from "../../../schema/Bytes.ts"
import type { ByteChannel, ByteHandlers } from "../../../services/ByteChannel.ts"
import {
  type ChannelFailure,
  ConnectionLost,
  type RemoteProgram,
  SocketRefused
} from "../../../services/SshTransport.ts"
import { lastLine } from "./sanitize.ts"

/** Bytes of what it says on standard error, to explain its end. */
const MAX_SAID = 4096

export const bridgeChannel = (host: string, path: string, program: RemoteProgram): ByteChannel<ChannelFailure> => {
  let handlers: ByteHandlers<ChannelFailure> | undefined
  let received = false
  const said = new BoundedBytes({ last: MAX_SAID })
  let over: { readonly failure: ChannelFailure | undefined } | undefined
  let told = false

  const tell = () => {
    if (told || over === undefined || handlers === undefined) return
    told = true
    handlers.onClose(over.failure)
  }

  const close = (failure: ChannelFailure | undefined) => {
    over ??= { failure }
    tell()
  }

  const ended = (code: number): ChannelFailure | undefined => {
    if (code === 0) return undefined
    const words = lastLine(said.bytes.toString())
    return received ? new ConnectionLost({ host, words }) : new SocketRefused({ host, path, words })
  }

  return {
    listen: (given) => {
      handlers = given
      // Destroyed before anybody listened.
      if (over !== undefined) return void setImmediate(tell)
      program.listen({
        onData: (bytes) => {
          received = true
          given.onData(bytes)
        },
        onStderr: (bytes) => said.add(bytes),
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
      // As a socket does: later, and after nothing else.
      setImmediate(() => close(undefined))
    }
  }
}
