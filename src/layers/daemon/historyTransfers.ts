/**
 * Histories that are being sent. The next frame is sent when the last was read: a client that does not read gets none.
 * Made one at a time, as making one takes time that others wait for, and no more of them are held than memory allows.
 */
import { FrameType, LINES_LAST } from "../../schema/protocol/Frame.ts"
import type { PicturePart } from "../../services/Scrollback.ts"
import { bytesOf, inFrames } from "./frameSized.ts"
import type { Peer } from "./peer.ts"

/** Longest frame: what a socket takes at once, and far less than a frame holds. A line may go on in the next. */
const FRAME_BYTES = 64 * 1024

/** Bytes of histories that are held for clients; a longer one is held alone. */
const MAX_HELD_BYTES = 32 * 1024 * 1024

/** A client that has read nothing for this long gives its place to one that waits for it. */
const STALL_MS = 1000

/** Flags of all frames but the last. */
const MORE = Buffer.from([0])
const LAST = Buffer.from([LINES_LAST])

/** Makes a history, part by part. Gives a function that cancels it. */
type Make = (then: (part: PicturePart) => void) => () => void

interface Transfer {
  readonly unsent: Array<ReadonlyArray<Buffer>>
  unsentBytes: number
  /** All of it is made. */
  isWhole: boolean
  /** The client has not read what was sent. */
  isFull: boolean
  cancel: () => void
}

export class HistoryTransfers {
  private readonly transfers = new Map<Peer, Transfer>()
  /** Clients whose histories are not being made yet. */
  private readonly waiting = new Map<Peer, Make>()
  private isScheduled = false
  private isWatching = false
  private readonly after: (ms: number, run: () => void) => void

  constructor(after: (ms: number, run: () => void) => void) {
    this.after = after
  }

  /** The client has asked for a history, and has not been sent all of it. */
  has(peer: Peer): boolean {
    return this.transfers.has(peer) || this.waiting.has(peer)
  }

  /** The client asks for a history. One at a time for each client. */
  request(peer: Peer, make: Make): void {
    this.waiting.set(peer, make)
    this.schedule()
  }

  /** Begins with all that wait, whatever memory that takes: the session has ended. */
  beginAll(): void {
    for (const [peer, make] of [...this.waiting]) this.begin(peer, make)
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
    this.waiting.delete(peer)
    this.transfers.get(peer)?.cancel()
    if (this.transfers.delete(peer)) this.schedule()
  }

  /** In the next turn of the event loop: others come first. */
  private schedule(): void {
    if (this.isScheduled || this.waiting.size === 0) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      this.beginNext()
    })
  }

  private beginNext(): void {
    const all = [...this.transfers.values()]
    const [next] = this.waiting
    if (next === undefined || all.some(({ isWhole }) => !isWhole)) return
    if (all.reduce((sum, { unsentBytes }) => sum + unsentBytes, 0) > MAX_HELD_BYTES) this.watch()
    else this.begin(...next)
  }

  /** Begins at once, whatever else is being made. */
  begin(peer: Peer, make: Make): void {
    this.waiting.delete(peer)
    const transfer: Transfer = { unsent: [], unsentBytes: 0, isWhole: false, isFull: false, cancel: () => {} }
    this.transfers.set(peer, transfer)
    transfer.cancel = make(({ bytes = [], isLast }) => {
      transfer.unsent.push(...inFrames(bytes, FRAME_BYTES))
      transfer.unsentBytes += bytesOf(bytes)
      if (isLast && transfer.unsent.length === 0) transfer.unsent.push([])
      transfer.isWhole = isLast
      if (!transfer.isFull) this.sendSome(peer)
      if (isLast) this.schedule()
    })
  }

  /** There is no room: drops the clients that do not read, until there is. */
  private watch(): void {
    if (this.isWatching) return
    this.isWatching = true
    const before = new Map([...this.transfers].map(([peer, transfer]) => [peer, unreadBy(peer, transfer)]))
    this.after(STALL_MS, () => {
      this.isWatching = false
      for (const [peer, transfer] of [...this.transfers]) {
        const unread = before.get(peer)
        if (this.waiting.size > 0 && unread !== undefined && unreadBy(peer, transfer) >= unread) peer.drop()
      }
      this.beginNext()
    })
  }

  private sendSome(peer: Peer): void {
    while (this.sendNext(peer));
  }

  /** False: wait until the client has drained, or there is no more. */
  private sendNext(peer: Peer): boolean {
    const transfer = this.transfers.get(peer)
    const frame = transfer?.unsent.shift()
    if (transfer === undefined || frame === undefined) return false
    transfer.unsentBytes -= bytesOf(frame)
    const isLast = transfer.isWhole && transfer.unsent.length === 0
    if (isLast) this.transfers.delete(peer)
    transfer.isFull = !peer.connection.send(FrameType.lines, isLast ? LAST : MORE, ...frame)
    if (isLast) this.schedule()
    return !transfer.isFull && !isLast
  }
}

const unreadBy = (peer: Peer, { unsentBytes }: Transfer): number => unsentBytes + peer.connection.pending()
