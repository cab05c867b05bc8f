/** What all {@link Connection}s over bytes share. Raw buffers, no promise on the way: this is the byte path. */
import { FrameDecoder, type FrameType, header, HEADER_BYTES } from "../../schema/protocol/Frame.ts"
import { type Connection, type ConnectionEnd, type ConnectionHandlers, FrameCut } from "../../services/Connection.ts"

/** A frame up to this size goes out in one piece: a copy is cheaper than another write, or another packet. */
const SMALL_BYTES = 4096

const CLOSED: ConnectionEnd = { _tag: "Closed" }

/** What carries the bytes of a connection. None of it is called after `destroy`. */
export interface Carrier {
  /** Starts to read, once `resume` is called. Called once. */
  readonly listen: () => void
  readonly isOpen: () => boolean
  /** Queues a frame; none of its parts is empty. False: wait for `onDrain`. */
  readonly write: (frame: ReadonlyArray<Buffer>) => boolean
  /** Bytes that the other side's system has not taken. */
  readonly pending: () => number
  readonly pause: () => void
  readonly resume: () => void
  /** Everything that was written still arrives; the close comes soon. */
  readonly end: () => void
  readonly destroy: () => void
}

/** A connection, and the events that its carrier passes to it. */
export interface Framed {
  readonly connection: Connection
  /** The buffer must not be written to again. */
  readonly onData: (chunk: Buffer) => void
  readonly onDrain: () => void
  /** The other side has ended its direction. */
  readonly onEnd: () => void
  /** The carrier is closed; without `end`, in order. */
  readonly onClose: (end?: ConnectionEnd) => void
}

/** Makes a connection. Pausing takes effect between two frames, even of the same chunk. */
export const framed = (carrier: Carrier): Framed => {
  const decoder = new FrameDecoder()
  let handlers: ConnectionHandlers | undefined
  let paused = false
  /** The rest of the frames of a chunk during which the reader paused. */
  let pausedFrames: Array<readonly [type: number, payload: Buffer]> = []
  /** Bytes of a frame that is not whole yet. */
  let unfinishedBytes = 0
  /** We have ended our direction: what arrives is ignored. */
  let ended = false
  /** We destroyed the connection: no more frames, only the end. */
  let dropped = false
  let closed: ConnectionEnd | undefined
  let isCloseReported = false
  let isFull = false

  const reportClose = () => {
    if (isCloseReported || closed === undefined || handlers === undefined) return
    // An end in order comes after the frames before it; a reset does not wait for a paused reader.
    if (pausedFrames.length > 0 && closed._tag === "Closed" && !dropped) return
    isCloseReported = true
    pausedFrames = []
    handlers.onClose(closed)
  }

  const finish = (end: ConnectionEnd = CLOSED) => {
    closed ??= dropped ? CLOSED : end
    reportClose()
  }

  const onFrame = (type: number, payload: Buffer) => {
    unfinishedBytes -= HEADER_BYTES + payload.length
    if (dropped || ended) return
    if (paused || pausedFrames.length > 0) pausedFrames.push([type, Buffer.from(payload)])
    else handlers?.onFrame(type, payload)
  }

  const flow = () => {
    while (!paused && !dropped && !ended && pausedFrames.length > 0) {
      const [type, payload] = pausedFrames.shift()!
      handlers?.onFrame(type, payload)
    }
    if (paused) return
    reportClose()
    carrier.resume()
  }

  const connection: Connection = {
    listen: (given) => {
      handlers = given
      carrier.listen()
      // Later: the caller is ready for frames only when this has returned.
      queueMicrotask(flow)
    },
    send: (type: FrameType, ...parts) => {
      if (closed !== undefined || ended || dropped || !carrier.isOpen()) return true
      let length = 0
      for (const part of parts) length += part.length
      const frame = [header(type, length), ...parts]
      const whole = HEADER_BYTES + length
      const pieces = whole <= SMALL_BYTES
        ? [Buffer.concat(frame, whole)]
        : frame.filter((part) => part.length > 0)
      if (!carrier.write(pieces)) isFull = true
      return !isFull
    },
    pending: carrier.pending,
    pause: () => {
      paused = true
      carrier.pause()
    },
    resume: () => {
      if (!paused) return
      paused = false
      if (handlers !== undefined) queueMicrotask(flow)
    },
    end: () => {
      if (ended) return
      ended = true
      pausedFrames = []
      carrier.end()
      // Unread bytes would cause a reset, and with it the loss of our last frames: they are read and dropped for a
      // while.
      carrier.resume()
    },
    destroy: () => {
      dropped = true
      carrier.destroy()
    }
  }

  return {
    connection,
    onData: (chunk) => {
      if (dropped || ended || closed !== undefined) return
      unfinishedBytes += chunk.length
      const broken = decoder.push(chunk, onFrame)
      if (broken === undefined || dropped) return
      carrier.destroy()
      finish({ _tag: "Broken", error: broken })
    },
    onDrain: () => {
      if (!isFull || closed !== undefined) return
      isFull = false
      handlers?.onDrain()
    },
    // This ends the connection, even while our last bytes are still on their way.
    onEnd: () => finish(unfinishedBytes > 0 ? { _tag: "Broken", error: new FrameCut() } : CLOSED),
    onClose: finish
  }
}
