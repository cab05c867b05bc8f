/** The session's size, which is that of the primary client's window; other windows get a restore for their own size. */
import { hasSameCells, isSameSize, type Size } from "../../schema/Session.ts"
import type { PtyProcess } from "../../services/Pty.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import type { Broadcast } from "./broadcast.ts"
import type { Peer } from "./peer.ts"
import type { Peers } from "./peers.ts"

/** A window that has kept its size for this long is no longer being dragged. */
const SETTLED_MS = 150

export interface WindowSizeOptions {
  readonly program: Pick<PtyProcess, "resize">
  readonly model: Pick<ScrollbackModel, "resize">
  readonly peers: Peers
  readonly broadcast: Broadcast
  readonly after: (ms: number, run: () => void) => void
  /** Sends the output that was written for the old size. */
  readonly flush: () => void
}

export class WindowSize {
  private size: Size
  private readonly options: WindowSizeOptions

  constructor(initial: Size, options: WindowSizeOptions) {
    this.size = initial
    this.options = options
  }

  get current(): Size {
    return this.size
  }

  /**
   * Resizes the session. Every viewer gets a restore, but for `by`, whose own window changed: its terminal has wrapped
   * the lines again itself, and the program does the rest.
   */
  set(size: Size | undefined, by?: Peer): void {
    if (size === undefined || isSameSize(size, this.size)) return
    const { flush, peers, model, program, broadcast: screens } = this.options
    const onlyPixels = hasSameCells(size, this.size)
    // A client learns of its pixels only after it has attached, and tells them then.
    if (onlyPixels && size.width === undefined && by === undefined) return
    flush()
    this.size = size
    if (!onlyPixels) model.resize(size)
    program.resize(size)
    if (onlyPixels) return
    for (const peer of peers.list()) {
      if (peer.state === "live" && peer.seesOutput && peer !== by) screens.restore(peer, false)
    }
  }

  /**
   * A client's window was resized. Where it is not the primary's, the client gets a restore once the size has settled.
   */
  onResize(peer: Peer, size: Size): void {
    const { after, flush, peers, broadcast: screens } = this.options
    const onlyPixels = peer.size !== undefined && hasSameCells(size, peer.size)
    peer.size = size
    if (peer === peers.primary) return this.set(size, peer)
    if (!peer.seesOutput || onlyPixels) return
    after(SETTLED_MS, () => {
      if (peer.size !== size || peer === peers.primary || peer.state !== "live") return
      flush()
      screens.restore(peer, false)
    })
  }
}
