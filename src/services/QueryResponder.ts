import * as Context from "effect/Context"
import type { TerminalReport } from "./Scrollback.ts"

/** Which terminal replies to queries: the primary client's; or none, and the daemon does. */
export type QueryTarget = "primary" | "none"

/** Tells clients apart: any object, the same for all connections of a client. */
export type QueryClient = object

/** A batch of output, as each client gets it. */
export interface Filtered {
  /**
   * As it came: the primary client's terminal replies to the queries in it. Without in-band sizes (mode 2048): a
   * program that relies on them would get none from a terminal that does not know them, and SIGWINCH always comes.
   * Where no terminal replies, as for the others.
   */
  readonly forPrimary: ReadonlyArray<Buffer>
  /**
   * For all other clients. As long as it came, so that offsets hold, but with its queries blanked. A row below the
   * session's last is written as the last: in a larger terminal it would be another row.
   */
  readonly forOthers: ReadonlyArray<Buffer>
  /** The daemon's own replies, to be typed into the program. */
  readonly replies: Buffer
}

export interface FilterOptions {
  /** The primary client. */
  readonly client?: QueryClient
  /**
   * The daemon replies at once, though a terminal of the primary client's may: its replies are dropped. For a terminal
   * that took too long.
   */
  readonly inItsPlace?: boolean
  /** Called before a reply is made: `report` must tell the state after this many bytes of the batch. */
  readonly upTo?: (bytes: number) => void
}

/** Input of a client, looked through. */
export interface Typed {
  /** For the program: without replies to queries that the daemon has replied to meanwhile. */
  readonly bytes: Buffer
  /** A person has typed, pasted, clicked or turned the wheel: not only reports and replies came. */
  readonly isTyping: boolean
  /** A terminal's reply is in it. */
  readonly hasReply: boolean
  /** It ends in the middle of a paste. */
  readonly isPasting: boolean
}

/** Gives each query of a session's program one reply. Plain calls: this is the byte path. */
export interface Responder {
  /** Takes output in, in order, every byte once. Does not write to the buffers. */
  readonly filter: (batch: ReadonlyArray<Buffer>, target: QueryTarget, options?: FilterOptions) => Filtered
  /** Input of an attached client. Replies in it are remembered, and their queries no longer pending. */
  readonly typed: (bytes: Buffer, client?: QueryClient) => Typed
  /**
   * The daemon's replies to queries that a client's terminal has not replied to, and will not: `all` of them, or only
   * those that every terminal replies to, because a reply of the others may never have been due.
   */
  readonly pendingReplies: (client?: QueryClient, all?: boolean) => Buffer
  /** Milliseconds that the oldest query waits: for any reply, and for one that every terminal gives. */
  readonly pendingMs: (client?: QueryClient) => { readonly any: number; readonly sure: number } | undefined
  /** The client is known now to which queries without a client went. */
  readonly handOver: (client: QueryClient) => void
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
