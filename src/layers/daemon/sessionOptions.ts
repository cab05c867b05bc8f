import type { ExitStatus, SessionInfo } from "../../schema/Session.ts"
import type { PtyProcess } from "../../services/Pty.ts"
import type { Responder } from "../../services/QueryResponder.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"

/** What a session runs on, and whom it tells. */
export interface SessionOptions {
  readonly program: PtyProcess
  readonly model: ScrollbackModel
  /** Makes a new responder. */
  readonly responder: (rows: () => number) => Responder
  readonly version: string
  /** What does not change, and the rest as it is at the start. */
  readonly initialInfo: SessionInfo
  /** The creator is about to attach. */
  readonly awaited: boolean
  /** Milliseconds, for deadlines: monotonic. */
  readonly now: () => number
  /** Milliseconds since the epoch. */
  readonly date: () => number
  readonly after: (ms: number, run: () => void) => void
  /** Another ssh-agent counts: the first of these sockets that can be used. */
  readonly onAgents: (sockets: ReadonlyArray<string>) => void
  /** The awaited creator has attached or waits, and was sent all output; or it is no longer awaited. */
  readonly onCreatorWaitEnd: () => void
  /** The current program has ended. No client knows yet. */
  readonly onExit: (status: ExitStatus) => void
}
