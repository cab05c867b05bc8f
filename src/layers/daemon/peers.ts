/** Who is connected, in the order in which they last led. */
import type { ClientInfo } from "../../schema/Session.ts"
import type { Peer } from "./peer.ts"

export class Peers {
  private readonly all = new Set<Peer>()
  private first: Peer | undefined

  /** The one that typed last, or came last: the session has its size, and its terminal answers. */
  get primary(): Peer | undefined {
    return this.first
  }

  get size(): number {
    return this.all.size
  }

  /** A measure of how much they still have to take. */
  get pending(): number {
    return this.list().reduce((sum, peer) => sum + peer.connection.pending(), 0)
  }

  /** Those that count as clients. */
  get infos(): ReadonlyArray<ClientInfo> {
    return this.list().filter((peer) => peer.shows).map((peer) => peer.info)
  }

  /** A copy: they may go while it is walked. */
  list(): ReadonlyArray<Peer> {
    return [...this.all]
  }

  add(peer: Peer): void {
    this.all.add(peer)
  }

  /** Gives whether another one led before. */
  lead(peer: Peer): boolean {
    this.all.delete(peer)
    this.all.add(peer)
    const isNew = peer !== this.first
    this.first = peer
    return isNew
  }

  /** The one that led before it leads again. Gives whether it led. */
  drop(peer: Peer): boolean {
    this.all.delete(peer)
    if (peer !== this.first) return false
    this.first = this.list().findLast((other) => other.hello?.role === "attach")
    return true
  }
}
