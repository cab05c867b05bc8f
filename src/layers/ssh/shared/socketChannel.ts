/** A socket as a channel: raw buffers, no promise in between. */
import type { Duplex } from "node:stream"
import type { ByteChannel, ByteHandlers } from "../../../services/ByteChannel.ts"
import { HIGH_WATER_BYTES } from "../../../services/Connection.ts"

/** Called when the other side ended or broke off: decides whether that was a failure or an orderly end. */
export type Judge<Failure> = (received: boolean, tell: (failure: Failure | undefined) => void) => void

/** Takes over a connected socket, or another duplex stream, with `allowHalfOpen`; it must be paused. */
export const socketChannel = <Failure>(socket: Duplex, judge: Judge<Failure>): ByteChannel<Failure> => {
  let handlers: ByteHandlers<Failure> | undefined
  let paused = false
  let received = false
  let holding = false
  let judging = false
  let judged = false
  /** Broken in both directions, not only ended by the other side. */
  let broken = false
  let closed = false
  /** We destroyed it: only the close is reported. */
  let dropped = false
  let over: { readonly failure: Failure | undefined } | undefined
  let reported = false

  const finish = (failure: Failure | undefined) => {
    over ??= { failure }
    if (reported || handlers === undefined) return
    reported = true
    handlers.onClose(over.failure)
  }

  const startJudging = () => {
    if (judging || dropped) return
    judging = true
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
    startJudging()
  })
  socket.on("end", startJudging)
  socket.on("close", () => {
    closed = true
    if (dropped || judged) finish(undefined)
    else startJudging()
  })
  // Not the "drain" event: it comes at the stream's limit, not at ours.
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
      // Not every stream closes when only one side destroys it.
      setImmediate(() => finish(undefined))
    }
  }
}
