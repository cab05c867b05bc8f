/**
 * Places for connections. Each kind of client has its own, so that none keeps the others out: whatever else is
 * connected, a session can be listed, detached and killed.
 */
import { type Role } from "../../schema/protocol/Control.ts"
import type { Connection } from "../../services/Connection.ts"
import type { Peer } from "./peer.ts"
import type { Peers } from "./peers.ts"

/** Connections of one kind. More than anybody has windows; bounds what the queues can hold. */
export const MAX_OF_KIND = 64

/** A client that asks goes on at once after an answer; one that is sent something, or waits for the end, has longer. */
const IDLE_MS = 100
const BUSY_MS = 2000

/** What a connection is for; `new`: it has not said, or has not been answered. */
type Kind = "new" | "view" | "send" | "query" | "wait"

const kindOfRole = (role: Role): Kind => role === "attach" || role === "watch" ? "view" : role

const kindOf = ({ hello, state }: Peer): Kind =>
  hello === undefined || state === "handshake" ? "new" : kindOfRole(hello.role)

/** In which order they are given up when files run out: those that lose least first. */
const LEAST_FIRST: ReadonlyArray<Kind> = ["new", "query", "wait", "send", "view"]

export interface PlacesOptions {
  readonly now: () => number
  readonly after: (ms: number, run: () => void) => void
  /** A history is being sent to the client. */
  readonly isBusy: (peer: Peer) => boolean
}

export class Places {
  /** Those that we have ended, and that are not closed yet. */
  private readonly ending = new Set<Connection>()
  private readonly peers: Peers
  private readonly options: PlacesOptions

  constructor(peers: Peers, options: PlacesOptions) {
    this.peers = peers
    this.options = options
  }

  /** Makes room for a connection that was just made. `scarce`: files run out. */
  make(scarce: boolean): void {
    const { peers } = this
    const all = peers.list()
    const unknown = all.filter((peer) => kindOf(peer) === "new")
    if (unknown.length > MAX_OF_KIND) unknown[0]!.drop()
    else if (scarce) {
      const newest = all.at(-1)
      const others = all.filter((peer) => peer !== newest && peer !== peers.primary)
      LEAST_FIRST.flatMap((kind) => others.filter((peer) => kindOf(peer) === kind))[0]?.drop()
    }
  }

  /** Whether there is a place for a client that has said what it is. Of those that ask, one that idles leaves. */
  hasRoom(client: Peer): boolean {
    const { client: id, role } = client.hello!
    const kind = kindOfRole(role)
    // Its last connection ends.
    const others = this.peers.list().filter((peer) => kindOf(peer) === kind && peer.hello!.client !== id)
    if (others.length < MAX_OF_KIND) return true
    if (kind !== "query") return false
    const idle = others.filter((peer) => this.isIdle(peer)).toSorted((one, other) => one.active - other.active)[0]
    idle?.drop()
    return idle !== undefined
  }

  /**
   * Calls `then` when a client that asks should be given its place: at once, or a moment later where all are taken.
   * Until then those that have them leave, or are idle.
   */
  awaitRoom(client: Peer, then: () => void): void {
    if (client.state !== "handshake" || this.hasRoom(client)) then()
    else this.options.after(IDLE_MS, then)
  }

  private isIdle(peer: Peer): boolean {
    const { isBusy, now } = this.options
    return now() - peer.active >= (peer.isKilling || isBusy(peer) ? BUSY_MS : IDLE_MS)
  }

  /** We have ended the connection. The client has a moment to read our last words; not too many of them. */
  onEnd(connection: Connection): void {
    this.ending.add(connection)
    if (this.ending.size <= MAX_OF_KIND) return
    const [oldest] = this.ending
    this.ending.delete(oldest!)
    oldest!.destroy()
  }

  onClosed(connection: Connection): void {
    this.ending.delete(connection)
  }
}
