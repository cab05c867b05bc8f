/** A socket as a channel: raw buffers, no promise on the way. */
import type { Duplex } from "node:stream"
import type { ByteChannel, ByteHandlers } from "../../../services/ByteChannel.ts"
import { HIGH_WATER_BYTES } from "../../../services/Connection.ts"

/** Asked when the other side fell silent or broke off: is there more behind it than that it had no more to say? */
export type Judge<Failure> = (received: boolean, tell: (failure: Failure | undefined) => void) => void

/** Takes over a connected socket, or what is like one, with `allowHalfOpen`; it must be paused. */
export const socketChannel = <Failure>(socket: Duplex, judge: Judge<Failure>): ByteChannel<Failure> => {
  let handlers: ByteHandlers<Failure> | undefined
  let paused = false
  let received = false
  let holding = false
  let asked = false
  let judged = false
  /** Not only the other side's end: nothing goes through any more. */
  let broken = false
  let closed = false
  /** We let go of it: nothing but the close is told. */
  let dropped = false
  let over: { readonly failure: Failure | undefined } | undefined
  let told = false

  const finish = (failure: Failure | undefined) => {
    over ??= { failure }
    if (told || handlers === undefined) return
    told = true
    handlers.onClose(over.failure)
  }

  const ask = () => {
    if (asked || dropped) return
    asked = true
    judge(received, (failure) => {
      judged = true
      if (dropped || over !== undefined) return
      if (failure === undefined && !broken) handlers?.onEnd()
      if (failure !== undefined || broken || closed) finish(failure)
      if (failure !== undefined) socket.destroy()
    })
  }

  socket.on("error", () => {
    broken = true
    ask()
  })
  socket.on("end", ask)
  socket.on("close", () => {
    closed = true
    if (dropped || judged) finish(undefined)
    else ask()
  })
  // Not the "drain" event: from which length on that comes is the stream's to say.
  const onWritten = () => {
    if (!holding || socket.writableLength > 0 || dropped || over !== undefined) return
    holding = false
    handlers?.onDrain()
  }

  const flow = () => {
    if (over !== undefined) finish(over.failure)
    else if (!paused) socket.resume()
  }

  return {
    listen: (given) => {
      handlers = given
      socket.on("data", (bytes: Buffer) => {
        if (dropped) return
        received = true
        given.onData(bytes)
      })
      // "data" has started the flow.
      socket.pause()
      queueMicrotask(flow)
    },
    write: (bytes) => {
      if (over !== undefined || !socket.writable) return true
      socket.write(bytes, onWritten)
      if (socket.writableLength > HIGH_WATER_BYTES) holding = true
      return !holding
    },
    pause: () => {
      paused = true
      socket.pause()
    },
    resume: () => {
      paused = false
      if (handlers !== undefined) queueMicrotask(flow)
    },
    end: () => void socket.end(),
    destroy: () => {
      dropped = true
      socket.destroy()
      // Not every stream closes when only one side wants it to.
      setImmediate(() => finish(undefined))
    }
  }
}
