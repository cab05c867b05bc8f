/** Two ends of a {@link ByteChannel} without a socket, that behave as a socket's do: late, bounded, in order. */
import type { ByteChannel, ByteHandlers } from "../../../services/ByteChannel.ts"
import { HIGH_WATER_BYTES } from "../../../services/Connection.ts"

/** One end of a pair. */
class End<Failure> implements ByteChannel<Failure> {
  peer!: End<Failure>
  private handlers: ByteHandlers<Failure> | undefined
  private paused = false
  /** Written by the other end, and not yet read here. */
  private arrived: Array<Buffer> = []
  private bytes = 0
  /** The other end waits for room. */
  private owing = false
  /** The other end has said all. */
  private heardAll = false
  private endTold = false
  private saidAll = false
  private over: { readonly failure: Failure | undefined } | undefined
  private told = false
  private scheduled = false

  readonly listen = (handlers: ByteHandlers<Failure>): void => {
    this.handlers = handlers
    this.schedule()
  }

  readonly write = (bytes: Buffer): boolean => {
    const { peer } = this
    if (this.saidAll || this.over !== undefined || peer.over !== undefined) return true
    peer.arrived.push(bytes)
    peer.bytes += bytes.length
    if (peer.bytes > HIGH_WATER_BYTES) peer.owing = true
    peer.schedule()
    return !peer.owing
  }

  readonly pause = (): void => {
    this.paused = true
  }

  readonly resume = (): void => {
    this.paused = false
    this.schedule()
  }

  readonly end = (): void => {
    if (this.saidAll) return
    this.saidAll = true
    this.peer.heardAll = true
    this.peer.schedule()
    this.schedule()
  }

  readonly destroy = (): void => this.finish(undefined)

  /** Nothing more is read or said. The other end reads what was said before. */
  finish(failure: Failure | undefined): void {
    if (this.over !== undefined) return
    this.over = { failure }
    this.arrived = []
    this.bytes = 0
    this.saidAll = true
    this.peer.heardAll = true
    this.schedule()
    this.peer.schedule()
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.turn()
    })
  }

  private turn(): void {
    const { handlers } = this
    if (handlers === undefined || this.told) return
    while (this.over === undefined && !this.paused && this.arrived.length > 0) this.read(handlers)
    if (this.over === undefined && this.heardAll && this.arrived.length === 0 && !this.endTold) {
      this.endTold = true
      handlers.onEnd()
    }
    if (this.endTold && (this.saidAll || this.peer.over !== undefined)) this.over ??= { failure: undefined }
    if (this.over === undefined || this.told) return
    this.told = true
    handlers.onClose(this.over.failure)
  }

  private read(handlers: ByteHandlers<Failure>): void {
    const bytes = this.arrived.shift()!
    this.bytes -= bytes.length
    handlers.onData(bytes)
    if (!this.owing || this.bytes > 0) return
    this.owing = false
    setImmediate(() => this.peer.drained())
  }

  private drained(): void {
    if (!this.told && this.over === undefined && !this.saidAll) this.handlers?.onDrain()
  }
}

/** A connected pair; `cut` breaks it on both ends at once. */
export const channelPair = <Failure>(): {
  readonly near: ByteChannel<Failure>
  readonly far: ByteChannel<Failure>
  readonly cut: (failure: Failure) => void
} => {
  const near = new End<Failure>()
  const far = new End<Failure>()
  near.peer = far
  far.peer = near
  return {
    near,
    far,
    cut: (failure) => {
      near.finish(failure)
      far.finish(failure)
    }
  }
}
