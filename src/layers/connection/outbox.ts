/**
 * What is typed into a session: no more is under way than its window allows, and all of it is kept until the daemon says
 * that it was typed, should the connection die. Callbacks: this is the byte path.
 */
import { encodeOffset, FrameType } from "../../schema/protocol/Frame.ts"
import type { Connection } from "../../services/Connection.ts"

/** Longest input frame; a paste goes out as several. */
const PIECE_BYTES = 32 * 1024

/** What is typed key by key is kept in pieces of so many bytes, which cost little more than their bytes. */
const MERGED_BYTES = 1024

/** What the daemon knows of our input when a connection begins. */
export interface Known {
  /** Bytes that have come. */
  readonly received: number
  /** Bytes of these that were typed; undefined: it does not tell, and counts from `received`. */
  readonly typed: number | undefined
  /** Bytes that may be under way, as the daemon sees it: we use half. */
  readonly window: number
}

export class Outbox {
  /** Not yet acknowledged, in order; the first begins at `start`, and the one at `next` is the first not sent. */
  private pieces: Array<Buffer> = []
  private start = 0
  private next = 0
  private typed = 0
  private sent = 0
  private acked = 0
  /** Of our offsets, those that the daemon counts as 0. */
  private base = 0
  /** Bytes that may be under way. */
  most = 0
  private send: Connection["send"] | undefined

  /** Bytes that have not been typed in the session, as far as we know. */
  get waiting(): number {
    return this.typed - this.acked
  }

  /** Bytes ever sent. */
  get sentBytes(): number {
    return this.sent
  }

  /** More may be sent now. */
  get hasRoom(): boolean {
    return this.send !== undefined && this.sent - this.acked < this.most
  }

  /** The bytes must not change afterwards. */
  push(bytes: Buffer): void {
    this.typed += bytes.length
    const last = this.pieces.at(-1)
    if (last !== undefined && this.next < this.pieces.length && last.length + bytes.length <= MERGED_BYTES) {
      this.pieces[this.pieces.length - 1] = Buffer.concat([last, bytes])
    } else {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) this.pieces.push(bytes.subarray(at, at + PIECE_BYTES))
    }
    this.flow()
  }

  /**
   * A connection is there: what has not come goes out again. False: the daemon does not know which part of what was sent
   * has come, and to send it could be to type it twice.
   */
  open(send: Connection["send"], known: Known): boolean {
    const received = known.received + this.base
    if (received < this.acked || received > this.sent) {
      // It has forgotten us. If nothing was under way, it is to count from here.
      if (this.acked < this.sent) return false
      this.base = this.sent - known.received
      return this.goOn(send, known.window, this.sent)
    }
    this.onAck(known.typed ?? known.received)
    return this.goOn(send, known.window, received)
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

  private goOn(send: Connection["send"], window: number, from: number): boolean {
    this.send = send
    this.most = Math.max(1, window / 2)
    this.next = 0
    for (let at = this.start; this.next < this.pieces.length && at < from; this.next++) {
      const piece = this.pieces[this.next]!
      at += piece.length
      // Part of it has come: the rest is a piece of its own.
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
