/** The session's size, which is that of the primary client's window; other windows get a restore for their own size. */
import { hasSameCells, isSameSize, type Size } from "../../schema/Session.ts"
import type { PtyProcess } from "../../services/Pty.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import type { Broadcast } from "./broadcast.ts"
import type { Peer } from "./peer.ts"
import type { Peers } from "./peers.ts"

/** A window that has kept its size for this long is no longer being dragged. */
const SETTLED_MS = 150

/** How long restores for a new size may take together before the size has settled: others wait for them. */
const RESTORE_MS = 30

export interface WindowSizeOptions {
  readonly program: Pick<PtyProcess, "resize">
  readonly model: Pick<ScrollbackModel, "resize">
  readonly peers: Peers
  readonly broadcast: Broadcast
  readonly now: () => number
  readonly after: (ms: number, run: () => void) => void
  /** Sends the output that was written for the old size. */
  readonly flush: () => void
}

export class WindowSize {
  private size: Size
  /** Clients that need a restore, as the session has another size. */
  private readonly due = new Set<Peer>()
  /** How much longer such restores may take until the size has settled. */
  private restoreMs = RESTORE_MS
  private isSettling = false
  /** When the windows changed that are being dragged. */
  private readonly dragged = new Map<Peer, number>()
  private readonly options: WindowSizeOptions

  constructor(initial: Size, options: WindowSizeOptions) {
    this.size = initial
    this.options = options
  }

  get current(): Size {
    return this.size
  }

  /** What is written for the session's size fits into the peer's window. */
  fits({ size }: Peer): boolean {
    return size === undefined || hasSameCells(size, this.size)
  }

  /**
   * Resizes the session. Every viewer gets a restore, but for `by`, whose own window changed: its terminal has wrapped
   * the lines again itself, and the program does the rest. Of many sizes in a row, not all are restored.
   */
  set(size: Size | undefined, by?: Peer): void {
    if (size === undefined || isSameSize(size, this.size)) return
    const { flush, model, peers, program } = this.options
    const onlyPixels = hasSameCells(size, this.size)
    // A creator does not know them yet: the session has asked its terminal. Older clients tell them later.
    if (onlyPixels && size.width === undefined && by === undefined) return
    flush()
    this.size = size
    if (!onlyPixels) model.resize(size)
    program.resize(size)
    if (onlyPixels) return
    for (const peer of peers.list()) if (peer.seesOutput && peer !== by) this.due.add(peer)
    this.restoreDue()
  }

  /**
   * A client's window was resized. Where it is not the primary's, the client gets a restore once the size has settled.
   */
  onResize(peer: Peer, size: Size): void {
    const { peers } = this.options
    const onlyPixels = peer.size !== undefined && hasSameCells(size, peer.size)
    peer.size = size
    if (peer === peers.primary) return this.set(size, peer)
    if (!peer.seesOutput || onlyPixels) return
    const isDragged = this.dragged.has(peer)
    this.dragged.set(peer, this.options.now())
    if (!isDragged) this.restoreSettled(peer, SETTLED_MS)
  }

  /** One timer for all steps of dragging. */
  private restoreSettled(peer: Peer, ms: number): void {
    const { after, now, peers } = this.options
    after(ms, () => {
      const rest = this.dragged.get(peer)! + SETTLED_MS - now()
      if (rest > 0 && peer.state !== "gone") return this.restoreSettled(peer, rest)
      this.dragged.delete(peer)
      if (peer !== peers.primary) this.restore(peer)
    })
  }

  private restore(peer: Peer): void {
    if (peer.state !== "live") return
    this.options.flush()
    this.options.broadcast.restore(peer, false)
  }

  private restoreDue(): void {
    for (const peer of this.due) {
      if (this.restoreMs <= 0) break
      this.due.delete(peer)
      const begin = performance.now()
      this.restore(peer)
      this.restoreMs -= performance.now() - begin
    }
    if (this.isSettling) return
    this.isSettling = true
    this.options.after(SETTLED_MS, () => {
      this.isSettling = false
      this.restoreMs = RESTORE_MS
      if (this.due.size > 0) this.restoreDue()
    })
  }
}
