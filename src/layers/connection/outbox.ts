/**
 * Input for a session. Sends no more than the session's window, and keeps all of it until the daemon acknowledges it,
 * in case the connection dies. Callbacks: this is the byte path.
 */
import { encodeOffset, FrameType } from "../../schema/protocol/Frame.ts"
import type { Connection } from "../../services/Connection.ts"

/** Longest input frame; a paste goes out as several. */
const PIECE_BYTES = 32 * 1024

/** Keys are merged into pieces up to this size, which take little more memory than their bytes. */
const MERGED_BYTES = 1024

/** What the daemon knows of our input at the beginning of a connection. */
export interface Known {
  /** Bytes that it received. */
  readonly received: number
  /** Bytes of these that it has typed; undefined: it does not say, and counts from `received`. */
  readonly typed: number | undefined
  /** Bytes that may be unacknowledged; we use half. */
  readonly window: number
}

export class Outbox {
  /** Not yet acknowledged, in order; the first begins at `start`, and the one at `next` is the first not sent. */
  private pieces: Array<Buffer> = []
  private start = 0
  private next = 0
  private queuedBytes = 0
  private sent = 0
  private acked = 0
  /** Our offset that the daemon counts as 0. */
  private base = 0
  /** Bytes that may be sent and not acknowledged. */
  maxUnacknowledged = 0
  private send: Connection["send"] | undefined

  /** Bytes that the daemon has not acknowledged. */
  get waiting(): number {
    return this.queuedBytes - this.acked
  }

  /** Bytes ever sent. */
  get sentBytes(): number {
    return this.sent
  }

  /** Whether more may be sent now. */
  get hasRoom(): boolean {
    return this.send !== undefined && this.sent - this.acked < this.maxUnacknowledged
  }

  /** The bytes must not change afterwards. */
  push(bytes: Buffer): void {
    this.queuedBytes += bytes.length
    const last = this.pieces.at(-1)
    if (last !== undefined && this.next < this.pieces.length && last.length + bytes.length <= MERGED_BYTES) {
      this.pieces[this.pieces.length - 1] = Buffer.concat([last, bytes])
    } else {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) this.pieces.push(bytes.subarray(at, at + PIECE_BYTES))
    }
    this.flow()
  }

  /**
   * Takes a new connection, and sends again what did not arrive. False: the daemon does not know how much arrived, so
   * that sending it again could type it twice.
   */
  open(send: Connection["send"], known: Known): boolean {
    const received = known.received + this.base
    if (received < this.acked || received > this.sent) {
      // It has forgotten this client. If nothing was unacknowledged, it counts from here.
      if (this.acked < this.sent) return false
      this.base = this.sent - known.received
      return this.resend(send, known.window, this.sent)
    }
    this.onAck(known.typed ?? known.received)
    return this.resend(send, known.window, received)
  }

  /** The connection is gone. */
  close(): void {
    this.send = undefined
  }

  onAck(offset: number): void {
    const acked = Math.min(this.sent, offset + this.base)
    if (acked > this.acked) this.acked = acked
    let done = 0
    while (done < this.next && this.start + this.pieces[done]!.length <= this.acked) {
      this.start += this.pieces[done]!.length
      done++
    }
    if (done > 0) this.pieces.splice(0, done)
    this.next -= done
    this.flow()
  }

  private resend(send: Connection["send"], window: number, from: number): boolean {
    this.send = send
    this.maxUnacknowledged = Math.max(1, window / 2)
    this.next = 0
    for (let at = this.start; this.next < this.pieces.length && at < from; this.next++) {
      const piece = this.pieces[this.next]!
      at += piece.length
      // A part of it has arrived: the rest becomes a piece of its own.
      if (at > from) this.pieces.splice(this.next, 1, piece.subarray(0, from - at), piece.subarray(from - at))
    }
    this.sent = from
    this.flow()
    return true
  }

  private flow(): void {
    while (this.next < this.pieces.length && this.hasRoom) {
      const piece = this.pieces[this.next++]!
      this.send!(FrameType.input, encodeOffset(this.sent - this.base), piece)
      this.sent += piece.length
    }
  }
}
