/** What all {@link Connection}s over bytes share. Raw buffers, no promise on the way: this is the byte path. */
import { FrameDecoder, FrameTooLong, type FrameType, header, HEADER_BYTES } from "../../schema/protocol/Frame.ts"
import {
  type Connection,
  type ConnectionBroken,
  type ConnectionEnd,
  type ConnectionHandlers,
  FrameCut
} from "../../services/Connection.ts"

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

/** Bytes of unfinished frames that all connections of a server may hold together. */
const MAX_HELD_BYTES = 16 * 1024 * 1024

/** A connection that holds no more than this is not at fault: our own frames of input have half of it (`Outbox`). */
const FAIR_HELD_BYTES = 64 * 1024

/** How long the frames of one connection are handled at a time, while others wait. */
const TURN_MS = 1

/** What a server's connections share, so that none takes all of its time or memory: a client may be broken. */
export class FairShare {
  private held = 0

  /** Takes note of what a connection holds. False: it is too much, and the connection must end. */
  hold(before: number, now: number): boolean {
    this.held += now - before
    return this.held <= MAX_HELD_BYTES || now <= FAIR_HELD_BYTES
  }
}

/**
 * Makes a connection. Pausing takes effect between two frames, even of the same chunk. With a `share` it leaves time
 * and memory to the others that have the same.
 */
export const framed = (carrier: Carrier, share?: FairShare): Framed => {
  const decoder = new FrameDecoder()
  let handlers: ConnectionHandlers | undefined
  let paused = false
  /** Other connections have their turn. */
  let isYielding = false
  let turnEnd = Infinity
  /** What the decoder held last, as `share` knows it. */
  let sharedBytes = 0
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
    if (decoder.isHolding && (closed._tag === "Closed" || isYielding) && !dropped && !ended) return
    isCloseReported = true
    handlers.onClose(closed)
  }

  const finish = (end: ConnectionEnd = CLOSED) => {
    closed ??= dropped ? CLOSED : end
    share?.hold(sharedBytes, 0)
    sharedBytes = 0
    reportClose()
  }

  const breakOff = (error: ConnectionBroken) => {
    carrier.destroy()
    finish({ _tag: "Broken", error })
  }

  const onFrame = (type: number, payload: Buffer) => handlers!.onFrame(type, payload)

  const isHeld = () => handlers === undefined || paused || dropped || ended || isYielding || performance.now() > turnEnd

  const isHeldAlone = () => handlers === undefined || paused || dropped || ended

  /** The rest of the frames waits until all other connections have been looked at. */
  const yieldTurn = () => {
    isYielding = true
    if (closed === undefined) carrier.pause()
    setImmediate(() => {
      isYielding = false
      flow()
    })
  }

  /** Runs a step of the decoder. */
  const decode = (step: () => FrameTooLong | undefined): void => {
    if (share === undefined) {
      const broken = step()
      if (broken !== undefined && !dropped) breakOff(broken)
      return
    }
    const begin = performance.now()
    turnEnd = begin + TURN_MS
    const broken = step()
    if (dropped || ended) return
    if (broken !== undefined) return breakOff(broken)
    if (closed === undefined && !share.hold(sharedBytes, sharedBytes = decoder.heldBytes)) {
      return breakOff(new FrameTooLong({ bytes: sharedBytes }))
    }
    if (!paused && (decoder.isHolding || performance.now() - begin > TURN_MS / 4)) yieldTurn()
  }

  const flow = () => {
    if (paused || isYielding) return
    if (decoder.isHolding && !isCloseReported && !dropped && !ended) {
      decode(() => decoder.resume(onFrame, share === undefined ? isHeldAlone : isHeld))
      if (paused || isYielding) return
    }
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
      decode(() => decoder.push(chunk, onFrame, share === undefined ? isHeldAlone : isHeld))
    },
    onDrain: () => {
      if (!isFull || closed !== undefined) return
      isFull = false
      handlers?.onDrain()
    },
    // This ends the connection, even while our last bytes are still on their way.
    onEnd: () => finish(decoder.isCut ? { _tag: "Broken", error: new FrameCut() } : CLOSED),
    onClose: finish
  }
}
