import * as Context from "effect/Context"
import type { TerminalReport } from "./Scrollback.ts"

/** Who is there to answer: the client that typed last, or nobody. */
export type Audience = "primary" | "nobody"

/** What becomes of a batch of output. */
export interface Filtered {
  /** As it came: the primary client's terminal answers. */
  readonly forPrimary: ReadonlyArray<Buffer>
  /**
   * For everybody else: as long as it came, so that offsets hold, but nothing in it is answered, and a row below the
   * session's last is written as the last, which it is there and would not be in a larger terminal.
   */
  readonly forOthers: ReadonlyArray<Buffer>
  /** To be typed into the program: the daemon's own answers, when nobody is there to give any. */
  readonly answers: Buffer
}

/** Sees to it that each query of a session's program is answered once. Callbacks' speed: this is the byte path. */
export interface Responder {
  /** Takes output in, in order, every byte once. The buffers are not written to. */
  readonly filter: (batch: ReadonlyArray<Buffer>, audience: Audience) => Filtered
  /** What the primary client typed: answers in it are remembered, and no longer waited for. */
  readonly typed: (bytes: Buffer) => void
  /** The primary client has gone, and nobody is primary now: the answers that it still owed. */
  readonly abandoned: () => Buffer
}

/** Makes the responder of a session. */
export class QueryResponder extends Context.Service<QueryResponder, {
  readonly make: (options: {
    /** How the session's terminal stands now. */
    readonly report: () => TerminalReport
    /** As many as the session has. */
    readonly rows: () => number
    readonly now: () => number
  }) => Responder
}>()("sesh/services/QueryResponder") {}
