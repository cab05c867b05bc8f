/** Two connected {@link Connection}s without a socket, that behave as a socket's do: late, bounded, in order. */
import { HEADER_BYTES } from "../../../schema/protocol/Frame.ts"
import {
  type Connection,
  type ConnectionBroken,
  type ConnectionEnd,
  type ConnectionHandlers,
  HIGH_WATER_BYTES
} from "../../../services/Connection.ts"

type Frame = readonly [type: number, payload: Buffer]

const bytesOf = (frame: Frame): number => HEADER_BYTES + frame[1].length

/** One side of a pair. */
export interface ConnectionSide {
  readonly connection: Connection
  readonly stall: (stalled: boolean) => void
  readonly isOver: () => boolean
  /** Runs once, before a frame is handed over with which more than so many bytes would have been. */
  readonly onRead: (bytes: number, run: () => void) => void
  /** It is over for this side. The other one hears nothing of it, and still gets what was sent. */
  readonly lose: (error: ConnectionBroken) => void
}

class Side implements ConnectionSide {
  peer!: Side
  private handlers: ConnectionHandlers | undefined
  private paused = false
  private stalled = false
  /** Sent, and not yet taken by the other side's system. */
  private waiting: Array<Frame> = []
  private waitingBytes = 0
  /** Taken by our system, and not yet read. */
  private arrived: Array<Frame> = []
  private arrivedBytes = 0
  private holding = false
  /** Nothing more will be sent. */
  private ended = false
  /** We were told to end: what arrives is not looked at any more. */
  private saidAll = false
  private destroyed = false
  private over: ConnectionEnd | undefined
  private told = false
  private scheduled = false
  private readBytes = 0
  private limit: { readonly bytes: number; readonly run: () => void } | undefined

  private readonly capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
  }

  readonly isOver = () => this.over !== undefined

  readonly stall = (stalled: boolean) => {
    this.stalled = stalled
    this.schedule()
  }

  readonly onRead = (bytes: number, run: () => void) => {
    this.limit = { bytes, run }
  }

  readonly lose = (error: ConnectionBroken) => {
    this.stalled = true
    this.finish(error)
  }

  readonly connection: Connection = {
    listen: (handlers) => {
      this.handlers = handlers
      this.schedule()
    },
    send: (type, ...parts) => {
      if (this.ended || this.over !== undefined) return true
      const frame: Frame = [type, Buffer.concat(parts)]
      this.waiting.push(frame)
      this.waitingBytes += bytesOf(frame)
      this.peer.take()
      this.peer.schedule()
      if (this.waitingBytes > HIGH_WATER_BYTES) this.holding = true
      return !this.holding
    },
    pending: () => this.waitingBytes,
    pause: () => {
      this.paused = true
    },
    resume: () => {
      this.paused = false
      this.schedule()
    },
    end: () => {
      this.ended = true
      this.saidAll = true
      this.schedule()
      this.peer.schedule()
    },
    destroy: () => this.destroy(undefined)
  }

  destroy(error: ConnectionBroken | undefined) {
    if (this.destroyed) return
    this.destroyed = true
    this.ended = true
    this.waiting = []
    this.waitingBytes = 0
    this.arrived = []
    this.finish(error)
    this.peer.schedule()
  }

  private finish(error: ConnectionBroken | undefined) {
    this.over ??= error === undefined ? { _tag: "Closed" } : { _tag: "Broken", error }
    this.schedule()
  }

  /** What sockets do happens in a later turn of the event loop. */
  private schedule() {
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.pump()
    })
  }

  private pump() {
    this.take()
    this.read()
    this.drain()
    this.meetEnd()
    this.tell()
  }

  /** What arrives is never read. */
  private get deaf(): boolean {
    return this.destroyed || this.saidAll
  }

  /** Our system takes what the other side sent, as long as there is room. */
  private take() {
    const { peer } = this
    if (this.deaf) {
      this.arrived = []
      this.arrivedBytes = 0
    }
    while (peer.waiting.length > 0 && (this.deaf || this.arrivedBytes < this.capacity)) {
      const frame = peer.waiting.shift()!
      peer.waitingBytes -= bytesOf(frame)
      if (this.deaf) continue
      this.arrived.push(frame)
      this.arrivedBytes += bytesOf(frame)
    }
    if (peer.holding && peer.waiting.length === 0) peer.schedule()
  }

  private read() {
    while (this.handlers !== undefined && !this.paused && !this.stalled && this.arrived.length > 0) {
      const frame = this.arrived.shift()!
      this.arrivedBytes -= bytesOf(frame)
      this.readBytes += bytesOf(frame)
      const { limit } = this
      if (limit !== undefined && this.readBytes > limit.bytes) {
        this.limit = undefined
        limit.run()
        // Half a frame does not count.
        if (this.destroyed) return
      }
      this.take()
      this.handlers.onFrame(frame[0], frame[1])
    }
  }

  /** The other side has ended and everything it sent was read: we end too. */
  private meetEnd() {
    const { peer } = this
    if (this.over !== undefined || !peer.ended || this.stalled) return
    if (this.arrived.length > 0 || peer.waiting.length > 0) return
    this.ended = true
    this.finish(undefined)
    peer.schedule()
  }

  private drain() {
    if (!this.holding || this.waiting.length > 0 || this.over !== undefined) return
    this.holding = false
    this.handlers?.onDrain()
  }

  private tell() {
    if (this.told || this.over === undefined || this.handlers === undefined) return
    this.told = true
    this.handlers.onClose(this.over)
  }
}

/** A connected pair; `cut` breaks it on both sides at once. */
export const connectionPair = (
  capacity: number
): {
  readonly client: ConnectionSide
  readonly server: ConnectionSide
  readonly cut: (error: ConnectionBroken) => void
} => {
  const client = new Side(capacity)
  const server = new Side(capacity)
  client.peer = server
  server.peer = client
  return {
    client,
    server,
    cut: (error) => {
      client.destroy(error)
      server.destroy(error)
    }
  }
}
