/**
 * Routes a program's queries: the primary client's terminal replies, or the daemon where no terminal can: there is no
 * client, it is no terminal, or it is stopped.
 */
import type { Filtered, Responder, Typed } from "../../services/QueryResponder.ts"
import type { InputQueue } from "./inputQueue.ts"
import type { Peer } from "./peer.ts"

/**
 * How long a terminal may take to reply, before the daemon does: shorter than programs wait (vim and fish: a second and
 * more), longer than the round trip of nearly all lines. A reply that comes later is dropped.
 */
const REPLY_MS = 500

/**
 * How long a client may take to reply to a ping until it counts as stopped: the ping waits behind output, on slow lines
 * for seconds. Until then nothing is lost: its terminal is asked, and what it replies late is dropped.
 */
const STOPPED_MS = 10_000

export interface QueryRoutingOptions {
  /** Makes a new responder. */
  readonly responder: (rows: () => number) => Responder
  /** Rows of the session's terminal. */
  readonly rows: () => number
  readonly inputQueue: InputQueue
  /** The program has ended: no reply is typed any more. */
  readonly isOver: () => boolean
  readonly primary: () => Peer | undefined
  /** The creator is about to attach: it gets everything raw, and its terminal replies. */
  readonly isCreatorAwaited: () => boolean
  readonly after: (ms: number, run: () => void) => void
}

export class QueryRouting {
  private readonly responder: Responder
  private readonly options: QueryRoutingOptions
  /** Clients whose terminal did not reply in time, until it does. */
  private readonly mute = new WeakSet<Peer>()
  /** Those of them that do not run, until they do. */
  private readonly stopped = new WeakSet<Peer>()
  private isWatching = false

  constructor(options: QueryRoutingOptions) {
    this.options = options
    this.responder = options.responder(options.rows)
  }

  /** Takes output in. `upTo` is called before a reply is made, with the bytes that the model must have by then. */
  filter(bytes: Buffer, upTo: (bytes: number) => void): Filtered {
    const primary = this.options.primary()
    const isHeard = primary === undefined ? this.options.isCreatorAwaited() : this.isReplying(primary)
    const filtered = this.responder.filter([bytes], isHeard ? "primary" : "none", {
      upTo,
      ...(primary === undefined ? {} : { client: primary.input, inItsPlace: this.mute.has(primary) })
    })
    if (isHeard && primary !== undefined) this.watch(primary)
    return primary?.hello?.raw === true ? { ...filtered, forPrimary: [bytes] } : filtered
  }

  /** Input of an attached client, which may contain replies. */
  typed(peer: Peer, bytes: Buffer): Typed {
    const typed = this.responder.typed(bytes, peer.input)
    if (typed.hasReply) this.mute.delete(peer)
    return typed
  }

  /** The client is heard of: it runs. Whether its terminal replies shows at the next query. */
  onPong(peer: Peer): void {
    peer.isPingDue = false
    this.stopped.delete(peer)
  }

  /** Types the daemon's own replies into the program. */
  sendReplies(bytes: Buffer): void {
    if (bytes.length > 0 && !this.options.isOver()) this.options.inputQueue.offer(bytes)
  }

  /** Replies to the queries that a client left without a reply; without a client, to those that no client got. */
  replyFor(peer: Peer | undefined): void {
    this.sendReplies(this.responder.pendingReplies(peer?.input))
  }

  /** The creator has attached: queries that came before are for its terminal, if it has one. */
  onCreator(peer: Peer): void {
    this.responder.handOver(peer.input)
    if (this.isReplying(peer)) this.watch(peer)
    else this.sendReplies(this.responder.pendingReplies(peer.input, true))
  }

  /** Old output, with its queries blanked: they had their replies when they came. */
  withoutQueries(output: ReadonlyArray<Buffer>): ReadonlyArray<Buffer> {
    // No limit of rows: it was written for screens of other sizes too.
    return this.options.responder(() => Number.POSITIVE_INFINITY).filter(output, "primary").forOthers
  }

  /** Output from before its creator attached, for the creator. */
  forCreator(output: ReadonlyArray<Buffer>): ReadonlyArray<Buffer> {
    return this.options.responder(() => Number.POSITIVE_INFINITY).filter(output, "primary").forPrimary
  }

  private isReplying(peer: Peer): boolean {
    // A terminal that took too long is asked all the same. A client that does not run is not: what it is sent piles up.
    return peer.state === "live" && peer.hello?.answers !== false && !this.stopped.has(peer)
  }

  /** Looks after a while whether the client's terminal has replied; if not, the daemon does. */
  private watch(peer: Peer, wasPinged = false): void {
    if (this.isWatching || this.responder.pendingMs(peer.input) === undefined) return
    this.isWatching = true
    this.options.after(REPLY_MS, () => {
      this.isWatching = false
      const waiting = this.responder.pendingMs(peer.input)
      if (waiting === undefined || peer.state === "gone") return
      // A terminal may ignore a query. Whether the client runs at all, a ping tells.
      if (waiting.sure >= REPLY_MS || peer.isPingDue) {
        this.mute.add(peer)
        peer.ping()
        this.options.after(STOPPED_MS, () => {
          if (peer.isPingDue) this.stopped.add(peer)
        })
        return this.sendReplies(this.responder.pendingReplies(peer.input, true))
      }
      if (wasPinged && waiting.sure === 0) return
      if (waiting.any >= REPLY_MS && !wasPinged) peer.ping()
      this.watch(peer, wasPinged || waiting.any >= REPLY_MS)
    })
  }
}
