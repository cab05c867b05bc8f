/**
 * Routes a program's queries: the primary client's terminal replies, or the daemon where there is no primary client.
 */
import type { Filtered, Responder } from "../../services/QueryResponder.ts"
import type { InputQueue } from "./inputQueue.ts"

export interface QueryRoutingOptions {
  /** Makes a new responder. */
  readonly responder: (rows: () => number) => Responder
  /** Rows of the session's terminal. */
  readonly rows: () => number
  readonly inputQueue: InputQueue
  /** The program has ended: no reply is typed any more. */
  readonly isOver: () => boolean
}

export class QueryRouting {
  private readonly responder: Responder
  private readonly options: QueryRoutingOptions

  constructor(options: QueryRoutingOptions) {
    this.options = options
    this.responder = options.responder(options.rows)
  }

  /** Takes output in. `isHeard`: a client is attached whose terminal replies. */
  filter(batch: ReadonlyArray<Buffer>, isHeard: boolean): Filtered {
    return this.responder.filter(batch, isHeard ? "primary" : "none")
  }

  /** Input of the primary client, which may contain replies. */
  typed(bytes: Buffer): void {
    this.responder.typed(bytes)
  }

  /** Types the daemon's own replies into the program. */
  sendReplies(bytes: Buffer): void {
    if (bytes.length > 0 && !this.options.isOver()) this.options.inputQueue.offer(bytes)
  }

  /** Replies to the queries that the primary client left without a reply. */
  replyToPending(): void {
    this.sendReplies(this.responder.pendingReplies())
  }

  /** Old output, with its queries blanked: they had their replies when they came. */
  withoutQueries(output: ReadonlyArray<Buffer>): ReadonlyArray<Buffer> {
    // No limit of rows: it was written for screens of other sizes too.
    return this.options.responder(() => Number.POSITIVE_INFINITY).filter(output, "none").forOthers
  }
}
