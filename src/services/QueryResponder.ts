import * as Context from "effect/Context"
import type { TerminalReport } from "./Scrollback.ts"

/** Which terminal replies to queries: the primary client's, or none, because no client is attached. */
export type QueryTarget = "primary" | "none"

/** A batch of output, as each client gets it. */
export interface Filtered {
  /** As it came: the primary client's terminal replies to the queries in it. */
  readonly forPrimary: ReadonlyArray<Buffer>
  /**
   * For all other clients. As long as it came, so that offsets hold, but with its queries blanked. A row below the
   * session's last is written as the last: in a larger terminal it would be another row.
   */
  readonly forOthers: ReadonlyArray<Buffer>
  /** The daemon's own replies, to be typed into the program. Empty while a client is primary. */
  readonly replies: Buffer
}

/** Gives each query of a session's program one reply. Plain calls: this is the byte path. */
export interface Responder {
  /** Takes output in, in order, every byte once. Does not write to the buffers. */
  readonly filter: (batch: ReadonlyArray<Buffer>, target: QueryTarget) => Filtered
  /** Input of the primary client. Replies in it are remembered, and their queries no longer pending. */
  readonly typed: (bytes: Buffer) => void
  /** The daemon's replies to all pending queries: no primary client is left to give them. */
  readonly pendingReplies: () => Buffer
}

/** Makes the responder of a session. */
export class QueryResponder extends Context.Service<QueryResponder, {
  readonly make: (options: {
    /** The state of the session's terminal now. */
    readonly report: () => TerminalReport
    /** Rows of the session's terminal. */
    readonly rows: () => number
    /** Milliseconds since the epoch. */
    readonly now: () => number
  }) => Responder
}>()("sesh/services/QueryResponder") {}
