/**
 * Histories that are being sent. The next piece is sent when the last was read: a client that does not read gets none.
 */
import { FrameType, LINES_LAST } from "../../schema/protocol/Frame.ts"
import type { PicturePart } from "../../services/Scrollback.ts"
import type { Peer } from "./peer.ts"

/** Longest piece: what a socket takes at once, and far less than a frame holds. A line may go on in the next. */
const PIECE_BYTES = 64 * 1024

/** Flags of all frames but the last. */
const MORE = Buffer.from([0])
const LAST = Buffer.from([LINES_LAST])

interface Transfer {
  readonly unsent: Array<Buffer>
  /** All of it is made. */
  isWhole: boolean
  /** The client has not read what was sent. */
  isFull: boolean
  cancel: () => void
}

export class HistoryTransfers {
  private readonly transfers = new Map<Peer, Transfer>()

  /** A history is being sent to this client. */
  has(peer: Peer): boolean {
    return this.transfers.has(peer)
  }

  /** Begins a transfer of what `make` makes. One at a time for each client. `make` gives a function that cancels it. */
  begin(peer: Peer, make: (then: (part: PicturePart) => void) => () => void): void {
    const transfer: Transfer = { unsent: [], isWhole: false, isFull: false, cancel: () => {} }
    this.transfers.set(peer, transfer)
    transfer.cancel = make(({ bytes = [], isLast }) => {
      for (const part of bytes) {
        for (let at = 0; at < part.length; at += PIECE_BYTES) transfer.unsent.push(part.subarray(at, at + PIECE_BYTES))
      }
      if (isLast && transfer.unsent.length === 0) transfer.unsent.push(Buffer.alloc(0))
      transfer.isWhole = isLast
      if (!transfer.isFull) this.sendSome(peer)
    })
  }

  /** The client has read what was sent. */
  sendMore(peer: Peer): void {
    const transfer = this.transfers.get(peer)
    if (transfer !== undefined) transfer.isFull = false
    this.sendSome(peer)
  }

  /** Sends all of the rest at once, which is made: the session has ended. */
  finish(peer: Peer): void {
    while (this.transfers.get(peer)?.isWhole === true) this.sendNext(peer)
  }

  cancel(peer: Peer): void {
    this.transfers.get(peer)?.cancel()
    this.transfers.delete(peer)
  }

  private sendSome(peer: Peer): void {
    while (this.sendNext(peer));
  }

  /** False: wait until the client has drained, or there is no more. */
  private sendNext(peer: Peer): boolean {
    const transfer = this.transfers.get(peer)
    const piece = transfer?.unsent.shift()
    if (transfer === undefined || piece === undefined) return false
    const isLast = transfer.isWhole && transfer.unsent.length === 0
    if (isLast) this.transfers.delete(peer)
    transfer.isFull = !peer.connection.send(FrameType.lines, isLast ? LAST : MORE, piece)
    return !transfer.isFull && !isLast
  }
}
