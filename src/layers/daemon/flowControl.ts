/**
 * Flow control between one program and the terminals that show it: the program is paused for a client that is slow,
 * so that nothing is lost from the user's own scrollback, but not for one that has stopped taking anything.
 */
import type { Peer } from "./peer.ts"

/** A client that took nothing for so long no longer holds the session back. */
const STALL_MS = 1000

/** How often a waiting client is looked at. */
const LOOK_MS = 250

interface Held {
  pending: number
  quietMs: number
}

export class FlowControl {
  private readonly held = new Map<Peer, Held>()
  private awaiting = false
  private looking = false
  private readonly program: { readonly pause: () => void; readonly resume: () => void }
  private readonly after: (ms: number, run: () => void) => void

  constructor(
    program: { readonly pause: () => void; readonly resume: () => void },
    after: (ms: number, run: () => void) => void
  ) {
    this.program = program
    this.after = after
  }

  /** The program's creator is about to attach and must hear it from its first byte: as if it had stopped taking. */
  awaitCreator(): void {
    if (this.awaiting) return
    this.awaiting = true
    if (this.held.size === 0) this.program.pause()
  }

  /** It has come, or will not. */
  creatorCame(): void {
    if (!this.awaiting) return
    this.awaiting = false
    if (this.held.size === 0) this.program.resume()
  }

  /** The client has enough waiting: no more output until it has drained, or has stalled. */
  hold(peer: Peer): void {
    if (this.held.has(peer)) return
    this.held.set(peer, { pending: peer.connection.pending(), quietMs: 0 })
    if (this.held.size === 1 && !this.awaiting) this.program.pause()
    this.look()
  }

  /** The client has drained, or is gone. */
  release(peer: Peer): void {
    if (this.held.delete(peer) && this.held.size === 0 && !this.awaiting) this.program.resume()
  }

  private look(): void {
    if (this.looking || this.held.size === 0) return
    this.looking = true
    this.after(LOOK_MS, () => {
      this.looking = false
      for (const [peer, held] of this.held) {
        const pending = peer.connection.pending()
        held.quietMs = pending < held.pending ? 0 : held.quietMs + LOOK_MS
        held.pending = pending
        if (held.quietMs < STALL_MS) continue
        peer.state = "lagging"
        this.release(peer)
      }
      this.look()
    })
  }
}
