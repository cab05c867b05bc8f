/** Drops connections that say nothing. One timer for all of them: they may come in any number. */
import { RefusalCode } from "../../schema/protocol/Control.ts"
import type { Peers } from "./peers.ts"

/** A connection that has sent no hello after this long is closed. */
const HANDSHAKE_MS = 10_000

export interface HandshakesOptions {
  /** Milliseconds, monotonic. */
  readonly now: () => number
  readonly after: (ms: number, run: () => void) => void
}

export class Handshakes {
  private isWaiting = false
  private readonly peers: Pick<Peers, "list">
  private readonly options: HandshakesOptions

  constructor(peers: Pick<Peers, "list">, options: HandshakesOptions) {
    this.peers = peers
    this.options = options
  }

  /** A connection has been opened. */
  watch(): void {
    const { after, now } = this.options
    if (this.isWaiting) return
    const oldest = this.peers.list().find((peer) => peer.hello === undefined)
    if (oldest === undefined) return
    this.isWaiting = true
    after(Math.max(0, oldest.since + HANDSHAKE_MS - now()), () => {
      this.isWaiting = false
      if (oldest.hello === undefined) oldest.refuse({ code: RefusalCode.protocol, message: "no hello came" })
      this.watch()
    })
  }
}
