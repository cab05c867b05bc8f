/** Who answers what the program asks its terminal: the primary client's, or the daemon. */
import type { Filtered, Responder } from "../../services/QueryResponder.ts"
import type { InputQueue } from "./inputQueue.ts"

export interface QueryRoutingParts {
  /** Makes one that has seen nothing yet. */
  readonly responder: (rows: () => number) => Responder
  /** As many as the session has. */
  readonly rows: () => number
  readonly input: InputQueue
  /** The program has ended: nobody is to be answered. */
  readonly isOver: () => boolean
}

export class QueryRouting {
  private readonly responder: Responder
  private readonly parts: QueryRoutingParts

  constructor(parts: QueryRoutingParts) {
    this.parts = parts
    this.responder = parts.responder(parts.rows)
  }

  /** Takes output in. `isHeard`: a client is there to answer. */
  filter(batch: ReadonlyArray<Buffer>, isHeard: boolean): Filtered {
    return this.responder.filter(batch, isHeard ? "primary" : "nobody")
  }

  /** What the primary client typed may be answers. */
  typed(bytes: Buffer): void {
    this.responder.typed(bytes)
  }

  /** The daemon's own. */
  give(bytes: Buffer): void {
    if (bytes.length > 0 && !this.parts.isOver()) this.parts.input.offer(bytes)
  }

  /** What was asked of somebody who is no longer there to answer. */
  giveOwed(): void {
    this.give(this.responder.abandoned())
  }

  /** Output that was answered when it came: nobody is to answer it again. */
  silent(output: ReadonlyArray<Buffer>): ReadonlyArray<Buffer> {
    // It was not for a screen of today's size only.
    return this.parts.responder(() => Number.POSITIVE_INFINITY).filter(output, "nobody").forOthers
  }
}
