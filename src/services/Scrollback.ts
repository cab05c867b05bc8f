import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Size } from "../schema/Session.ts"

/** What one session has shown: enough to put it back on a terminal that was not there. */
export interface ScrollbackModel {
  /** Output bytes since the session began. */
  readonly offset: () => number
  /** Takes output in. Copies what it keeps; never fails, never blocks. */
  readonly append: (bytes: Buffer) => void
  /** The terminal's size changed. */
  readonly resize: (size: Size) => void
  /**
   * What to send to a terminal, whatever it shows now, so that it shows the session. Synchronous: live output goes on
   * exactly where it stands. Provokes no answer from the terminal.
   */
  readonly restore: () => ReadonlyArray<Buffer>
  /** The output bytes from an offset up to now; undefined when they are no longer held. */
  readonly since: (offset: number) => ReadonlyArray<Buffer> | undefined
  /** The last lines as text, oldest first, without escape sequences. */
  readonly lines: () => ReadonlyArray<string>
  /** What to send to a terminal that showed the session, so that it is clean for what comes next. */
  readonly leave: () => Buffer
}

/** Makes the model of a session. */
export class Scrollback extends Context.Service<Scrollback, {
  readonly make: (size: Size) => Effect.Effect<ScrollbackModel>
}>()("sesh/services/Scrollback") {}
