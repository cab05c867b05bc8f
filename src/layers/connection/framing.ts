/** What every {@link Connection} over bytes does, whatever carries them: raw buffers, no promise on the way. */
import { FrameDecoder, type FrameType, header, HEADER_BYTES } from "../../schema/protocol/Frame.ts"
import { type Connection, type ConnectionEnd, type ConnectionHandlers, FrameCut } from "../../services/Connection.ts"

/** A frame of so many bytes goes out in one piece: a copy of it is cheaper than another write, or another packet. */
const SMALL_BYTES = 4096

const CLOSED: ConnectionEnd = { _tag: "Closed" }

/** The bytes below a connection. Nothing of it is called after `destroy`. */
export interface Carrier {
  /** Starts to hand over what arrives, once `resume` is called. Once. */
  readonly listen: () => void
  readonly isOpen: () => boolean
  /** Queues a frame; none of its parts is empty. False: hold back until it has drained. */
  readonly write: (frame: ReadonlyArray<Buffer>) => boolean
  /** Bytes that the other side's system has not taken. */
  readonly pending: () => number
  readonly pause: () => void
  readonly resume: () => void
  /** What was written still arrives; the close comes soon. */
  readonly end: () => void
  readonly destroy: () => void
}

/** A connection, and what its carrier tells it. */
export interface Framed {
  readonly connection: Connection
  /** The buffer must not be written to again. */
  readonly onData: (chunk: Buffer) => void
  readonly onDrain: () => void
  /** The other side says nothing more. */
  readonly onEnd: () => void
  /** Nothing goes through any more; in good order unless told otherwise. */
  readonly onClose: (end?: ConnectionEnd) => void
}

/** Pausing takes effect between two frames, even of the same chunk. */
export const framed = (carrier: Carrier): Framed => {
  const decoder = new FrameDecoder()
  let handlers: ConnectionHandlers | undefined
  let paused = false
  /** Frames of a chunk in the middle of which the reader paused. */
  let kept: Array<readonly [type: number, payload: Buffer]> = []
  /** Bytes of a frame that has begun and not ended. */
  let unfinished = 0
  /** We have said all: what arrives is not looked at any more. */
  let ended = false
  /** We asked to stop: no frames any more, only the end. */
  let dropped = false
  let over: ConnectionEnd | undefined
  let told = false
  let holding = false

  const tell = () => {
    if (told || over === undefined || handlers === undefined) return
    // An orderly end comes after the frames before it; a reset does not wait for a reader that pauses.
    if (kept.length > 0 && over._tag === "Closed" && !dropped) return
    told = true
    kept = []
    handlers.onClose(over)
  }

  const finish = (end: ConnectionEnd = CLOSED) => {
    over ??= dropped ? CLOSED : end
    tell()
  }

  const onFrame = (type: number, payload: Buffer) => {
    unfinished -= HEADER_BYTES + payload.length
    if (dropped || ended) return
    if (paused || kept.length > 0) kept.push([type, Buffer.from(payload)])
    else handlers?.onFrame(type, payload)
  }

  const flow = () => {
    while (!paused && !dropped && !ended && kept.length > 0) {
      const [type, payload] = kept.shift()!
      handlers?.onFrame(type, payload)
    }
    if (paused) return
    tell()
    carrier.resume()
  }

  const connection: Connection = {
    listen: (given) => {
      handlers = given
      carrier.listen()
      // Not at once: a caller is ready for frames when this has returned.
      queueMicrotask(flow)
    },
    send: (type: FrameType, ...parts) => {
      if (over !== undefined || ended || dropped || !carrier.isOpen()) return true
      let length = 0
      for (const part of parts) length += part.length
      const frame = [header(type, length), ...parts]
      const whole = HEADER_BYTES + length
      const pieces = whole <= SMALL_BYTES
        ? [Buffer.concat(frame, whole)]
        : frame.filter((part) => part.length > 0)
      if (!carrier.write(pieces)) holding = true
      return !holding
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
      kept = []
      carrier.end()
      // A reset would take our last words from the other side, so what still arrives is read and thrown away for a while.
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
      if (dropped || ended || over !== undefined) return
      unfinished += chunk.length
      const broken = decoder.push(chunk, onFrame)
      if (broken === undefined || dropped) return
      carrier.destroy()
      finish({ _tag: "Broken", error: broken })
    },
    onDrain: () => {
      if (!holding || over !== undefined) return
      holding = false
      handlers?.onDrain()
    },
    // For a session that is the end, even while our last bytes are still on their way.
    onEnd: () => finish(unfinished > 0 ? { _tag: "Broken", error: new FrameCut() } : CLOSED),
    onClose: finish
  }
}
