/** A local socket as a channel: raw buffers, no promise on the way. */
import type * as Net from "node:net"
import type { ByteChannel, ByteHandlers } from "../../../services/ByteChannel.ts"
import { HIGH_WATER } from "../../../services/Connection.ts"

/** Asked when the other side fell silent or broke off: is there more behind it than that it had no more to say? */
export type Judge<Failure> = (received: boolean, tell: (failure: Failure | undefined) => void) => void

/** Takes over a connected socket with `allowHalfOpen`, which must be paused. */
export const socketChannel = <Failure>(socket: Net.Socket, judge: Judge<Failure>): ByteChannel<Failure> => {
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
  socket.on("drain", () => {
    if (!holding || dropped || over !== undefined) return
    holding = false
    handlers?.onDrain()
  })

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
      socket.write(bytes)
      if (socket.writableLength > HIGH_WATER) holding = true
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
    }
  }
}
