/** The connections to a session, and which of them leads. */
import type { ClientInfo } from "../../schema/Session.ts"
import type { Peer } from "./peer.ts"

export class Peers {
  private readonly all = new Set<Peer>()
  private current: Peer | undefined
  private turn = 0

  /** The attached client that typed or attached last: the session has its size, and its terminal replies to queries. */
  get primary(): Peer | undefined {
    return this.current
  }

  get size(): number {
    return this.all.size
  }

  /** Bytes that were sent and not yet read, of all peers. */
  get pending(): number {
    return this.list().reduce((sum, peer) => sum + peer.connection.pending(), 0)
  }

  /** The clients that show the session. */
  get infos(): ReadonlyArray<ClientInfo> {
    return this.list().filter((peer) => peer.seesOutput).map((peer) => peer.info)
  }

  /** A copy: peers may go while a caller walks it. */
  list(): ReadonlyArray<Peer> {
    return [...this.all]
  }

  add(peer: Peer): void {
    this.all.add(peer)
  }

  /** True when another peer was primary before. */
  makePrimary(peer: Peer): boolean {
    peer.input.led = ++this.turn
    return this.lead(peer)
  }

  /**
   * A client has reconnected, which is not typing: it leads if no other client that is there has attached or typed
   * since. True when another peer was primary before.
   */
  return(peer: Peer): boolean {
    return this.current !== undefined && this.current.input.led > peer.input.led ? false : this.lead(peer)
  }

  /** True when the peer was primary: then the one that was primary before it is primary again. */
  remove(peer: Peer): boolean {
    this.all.delete(peer)
    if (peer !== this.current) return false
    const attached = this.list().filter((other) => other.hello?.role === "attach")
    this.current = attached.toSorted((one, other) => other.input.led - one.input.led)[0]
    return true
  }

  private lead(peer: Peer): boolean {
    this.all.delete(peer)
    this.all.add(peer)
    const changed = peer !== this.current
    this.current = peer
    return changed
  }
}
