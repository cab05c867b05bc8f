/** Histories under way: a piece is sent when the one before was taken, so that only who reads gets any. */
import { FrameType, LINES_LAST } from "../../schema/protocol/Frame.ts"
import type { Peer } from "./peer.ts"

/** All but the last frame. */
const MORE = Buffer.from([0])
const LAST = Buffer.from([LINES_LAST])

export class HistoryTransfers {
  /** What is still to be sent. */
  private readonly under = new Map<Peer, Array<Buffer>>()

  /** One at a time. */
  has(peer: Peer): boolean {
    return this.under.has(peer)
  }

  send(peer: Peer, pieces: ReadonlyArray<Buffer>): void {
    this.under.set(peer, pieces.length === 0 ? [Buffer.alloc(0)] : [...pieces])
    this.goOn(peer)
  }

  /** It took what waited for it. */
  goOn(peer: Peer): void {
    while (this.next(peer));
  }

  /** Nothing else will be sent to it: all of the rest at once. */
  finish(peer: Peer): void {
    while (this.has(peer)) this.next(peer)
  }

  forget(peer: Peer): void {
    this.under.delete(peer)
  }

  /** False: hold back, or there is no more. */
  private next(peer: Peer): boolean {
    const pieces = this.under.get(peer)
    const piece = pieces?.shift()
    if (pieces === undefined || piece === undefined) return false
    const isLast = pieces.length === 0
    if (isLast) this.under.delete(peer)
    return peer.connection.send(FrameType.lines, isLast ? LAST : MORE, piece) && !isLast
  }
}
