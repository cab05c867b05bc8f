/**
 * Flow control between one program and the terminals that show it: the program is paused for a client that is slow,
 * so that nothing is lost from the user's own scrollback, but not for one that has stopped taking anything; and for the
 * terminal model, which may need longer for a sequence than a program for writing it.
 */
import type { Peer } from "./peer.ts"

/** A client that has read nothing for this long no longer holds up the program. */
const STALL_MS = 1000

/** How often the progress of slow clients is checked. */
const POLL_MS = 250

interface Progress {
  pending: number
  quietMs: number
}

export class FlowControl {
  private readonly slowPeers = new Map<Peer, Progress>()
  private isAwaitingCreator = false
  private isModelBehind = false
  private isPaused = false
  private isPolling = false
  private readonly program: { readonly pause: () => void; readonly resume: () => void }
  private readonly after: (ms: number, run: () => void) => void

  constructor(
    program: { readonly pause: () => void; readonly resume: () => void },
    after: (ms: number, run: () => void) => void
  ) {
    this.program = program
    this.after = after
  }

  /** Pauses the program for its creator, which is about to attach and must get the output from its first byte. */
  awaitCreator(): void {
    this.isAwaitingCreator = true
    this.apply()
  }

  /** The creator has attached, or is no longer waited for. */
  endCreatorWait(): void {
    this.isAwaitingCreator = false
    this.apply()
  }

  /** The terminal model has more output than it can soon take in, or no longer. */
  setModelBehind(isBehind: boolean): void {
    this.isModelBehind = isBehind
    this.apply()
  }

  /** Too much waits for this client: no more output until it has drained, or has stalled. */
  pauseFor(peer: Peer): void {
    if (this.slowPeers.has(peer)) return
    this.slowPeers.set(peer, { pending: peer.connection.pending(), quietMs: 0 })
    this.apply()
    this.poll()
  }

  /** The client has too much to read: it gets no output until it has drained. */
  giveUp(peer: Peer): void {
    peer.state = "lagging"
    this.release(peer)
  }

  /** The client has drained, or is gone. */
  release(peer: Peer): void {
    if (this.slowPeers.delete(peer)) this.apply()
  }

  private apply(): void {
    const pause = this.isAwaitingCreator || this.isModelBehind || this.slowPeers.size > 0
    if (pause === this.isPaused) return
    this.isPaused = pause
    if (pause) this.program.pause()
    else this.program.resume()
  }

  private poll(): void {
    if (this.isPolling || this.slowPeers.size === 0) return
    this.isPolling = true
    this.after(POLL_MS, () => {
      this.isPolling = false
      for (const [peer, progress] of this.slowPeers) {
        const pending = peer.connection.pending()
        progress.quietMs = pending < progress.pending ? 0 : progress.quietMs + POLL_MS
        progress.pending = pending
        if (progress.quietMs < STALL_MS) continue
        this.giveUp(peer)
      }
      this.poll()
    })
  }
}
