/**
 * Where a session is shown: the sessions in which its clients run, those that show these, and so on, over any number of
 * hosts. Its own clients that run in it are told, and tell it to the sessions that they show: so each session knows who
 * would show itself.
 */
import { Control, type Hello, nearest, RefusalCode, type ShownIn as Ids } from "../../schema/protocol/Control.ts"
import { FrameType } from "../../schema/protocol/Frame.ts"
import type { Peer } from "./peer.ts"
import type { Peers } from "./peers.ts"

const REASON = "it would be shown inside itself"

export class ShownIn {
  private told = ""
  private readonly id: string
  private readonly peers: Peers

  constructor(id: string, peers: Peers) {
    this.id = id
    this.peers = peers
  }

  /** This session, and those that show it: the nearest of each client first, so that none crowds out the others. */
  get ids(): Ids {
    const all = this.peers.list().flatMap((peer) => peer.shownIn.length === 0 ? [] : [peer.shownIn])
    const depth = Math.max(0, ...all.map(({ length }) => length))
    const rings = Array.from({ length: depth }, (_, at) => all.flatMap((ids) => ids.slice(at, at + 1)))
    return nearest([this.id, ...rings.flat()])
  }

  /** What to answer a client that runs in the session. */
  welcome({ follow }: Hello): { readonly shownIn?: Ids } {
    return follow === true ? { shownIn: this.ids } : {}
  }

  /** Refuses a client that would show the session inside itself. True if it did. */
  refuses(peer: Peer, { shownIn = [] }: Hello): boolean {
    if (!peer.seesOutput || !shownIn.includes(this.id)) return false
    peer.refuse({ code: RefusalCode.loop, message: REASON })
    return true
  }

  /** A client is shown somewhere else now. */
  onNews(peer: Peer, ids: Ids): void {
    if (!peer.seesOutput) return
    peer.shownIn = ids
    if (ids.includes(this.id)) peer.detach(REASON)
    else this.tell()
  }

  /** Tells those that follow, if there is something new. Call it when a client came or went. */
  tell(): void {
    const news = { shownIn: this.ids }
    const told = news.shownIn.join()
    if (told === this.told) return
    this.told = told
    for (const peer of this.peers.list()) {
      if (peer.state !== "live" || peer.hello?.follow !== true) continue
      // Who reads none of it has no use for it.
      if (!peer.connection.send(FrameType.shownIn, Control.shownIn.encode(news))) peer.drop()
    }
  }
}
