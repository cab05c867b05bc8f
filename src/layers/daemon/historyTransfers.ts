/**
 * Histories that are being sent. The next piece is sent when the last was read: a client that does not read gets none.
 */
import { FrameType, LINES_LAST } from "../../schema/protocol/Frame.ts"
import type { Peer } from "./peer.ts"

/** Flags of all frames but the last. */
const MORE = Buffer.from([0])
const LAST = Buffer.from([LINES_LAST])

export class HistoryTransfers {
  private readonly unsent = new Map<Peer, Array<Buffer>>()

  /** A history is being sent to this client. */
  has(peer: Peer): boolean {
    return this.unsent.has(peer)
  }

  /** Begins a transfer. One at a time for each client. */
  send(peer: Peer, pieces: ReadonlyArray<Buffer>): void {
    this.unsent.set(peer, pieces.length === 0 ? [Buffer.alloc(0)] : [...pieces])
    this.sendMore(peer)
  }

  /** The client has read what was sent. */
  sendMore(peer: Peer): void {
    while (this.sendNext(peer));
  }

  /** Sends all of the rest at once: the session has ended. */
  finish(peer: Peer): void {
    while (this.has(peer)) this.sendNext(peer)
  }

  cancel(peer: Peer): void {
    this.unsent.delete(peer)
  }

  /** False: wait until the client has drained, or there is no more. */
  private sendNext(peer: Peer): boolean {
    const pieces = this.unsent.get(peer)
    const piece = pieces?.shift()
    if (pieces === undefined || piece === undefined) return false
    const isLast = pieces.length === 0
    if (isLast) this.unsent.delete(peer)
    return peer.connection.send(FrameType.lines, isLast ? LAST : MORE, piece) && !isLast
  }
}
