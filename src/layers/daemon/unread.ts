/** What clients have not read, altogether: a client that reads nothing costs memory as long as it stays. */
import type { Peer } from "./peer.ts"
import type { Peers } from "./peers.ts"

/** More than this is held only for clients that read: 16 times what is sent again after a connection died (4 MiB). */
const MAX_BYTES = 64 * 1024 * 1024

/** How long a client may read nothing while there is too much. */
const STALL_MS = 1000

export class Unread {
  private isWatching = false
  private readonly peers: Peers
  private readonly after: (ms: number, run: () => void) => void

  constructor(peers: Peers, after: (ms: number, run: () => void) => void) {
    this.peers = peers
    this.after = after
  }

  /** Much was sent to a client at once. */
  check(): void {
    if (this.isWatching || this.peers.pending <= MAX_BYTES) return
    this.isWatching = true
    const before = new Map(this.peers.list().map((peer) => [peer, peer.connection.pending()]))
    this.after(STALL_MS, () => {
      this.isWatching = false
      this.dropStalled(before)
      this.check()
    })
  }

  /** Drops those that hold most, until it is little enough. */
  private dropStalled(before: ReadonlyMap<Peer, number>): void {
    const now = new Map(this.peers.list().map((peer) => [peer, peer.connection.pending()]))
    const stalled = [...now].filter(([peer, pending]) => pending > 0 && pending >= (before.get(peer) ?? Infinity))
    let all = this.peers.pending
    for (const [peer, pending] of stalled.toSorted(([, one], [, other]) => other - one)) {
      if (all <= MAX_BYTES) return
      all -= pending
      peer.drop()
    }
  }
}
