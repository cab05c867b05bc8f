/** The session's size, which is that of its primary client's window, and who sees it in a window of another size. */
import type { Size } from "../../schema/Session.ts"
import type { PtyProcess } from "../../services/Pty.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import type { Broadcast } from "./broadcast.ts"
import type { Peer } from "./peer.ts"
import type { Peers } from "./peers.ts"

/** A window that has kept its size for so long is no longer being dragged. */
const SETTLED_MS = 150

export interface WindowSizeParts {
  readonly program: Pick<PtyProcess, "resize">
  readonly model: Pick<ScrollbackModel, "resize">
  readonly peers: Peers
  readonly screens: Broadcast
  readonly after: (ms: number, run: () => void) => void
  /** Sends what was written for the size so far. */
  readonly flush: () => void
}

export class WindowSize {
  private current: Size
  private readonly parts: WindowSizeParts

  constructor(born: Size, parts: WindowSizeParts) {
    this.current = born
    this.parts = parts
  }

  get now(): Size {
    return this.current
  }

  /**
   * Whoever shows the session as it was for another size gets it anew. Not the one whose own window changed: its terminal
   * has wrapped its lines anew itself, and the program will do the rest.
   */
  set(size: Size | undefined, by?: Peer): void {
    if (size === undefined || (size.cols === this.current.cols && size.rows === this.current.rows)) return
    const { flush, peers, model, program, screens } = this.parts
    flush()
    this.current = size
    model.resize(size)
    program.resize(size)
    for (const peer of peers.list()) {
      if (peer.state === "live" && peer.shows && peer !== by) screens.restore(peer, false)
    }
  }

  /** A window has another size. If it does not lead, it gets a picture for that size once it has settled. */
  changed(peer: Peer, size: Size): void {
    const { after, flush, peers, screens } = this.parts
    peer.size = size
    if (peer === peers.primary) return this.set(size, peer)
    if (!peer.shows) return
    after(SETTLED_MS, () => {
      if (peer.size !== size || peer === peers.primary || peer.state !== "live") return
      flush()
      screens.restore(peer, false)
    })
  }
}
