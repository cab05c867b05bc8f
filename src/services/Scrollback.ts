import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Size } from "../schema/Session.ts"

/** How a session's terminal stands: what a program may ask of it. */
export interface TerminalReport {
  readonly size: Size
  /** Counted from 0. */
  readonly cursor: { readonly row: number; readonly column: number }
  /** Whether a mode is on, a DEC private one or an ANSI one; undefined when nothing is known of such a mode. */
  readonly mode: (mode: number, kind: "private" | "ansi") => boolean | undefined
  /** Flags of the kitty keyboard protocol. */
  readonly keyboard: number
  /** XTMODKEYS resource 4, modifyOtherKeys. */
  readonly otherKeys: number
  /** DECSCUSR; 0 is the terminal's own. */
  readonly cursorShape: number
  /** A colour that the program has set: `11` for the background, `4;1` for an index. */
  readonly colour: (key: string) => string | undefined
}

/** What one session has shown: enough to put it back on a terminal that was not there. */
export interface ScrollbackModel {
  /** Output bytes since the session began. */
  readonly offset: () => number
  /** Takes output in. Copies what it keeps; never fails, never blocks. */
  readonly append: (bytes: Buffer) => void
  /** The terminal's size changed. Before the program is told, so that what it writes then finds the new size. */
  readonly resize: (size: Size) => void
  /**
   * What to send to a terminal so that it shows the session; the user's own lines move into its scrollback. Synchronous:
   * live output goes on exactly where it stands. Provokes no answer from the terminal, which must be clean (`leave`) if
   * it showed the session before.
   */
  readonly restore: (options?: {
    /** Of that terminal, when it is not the session's: what is shown is wrapped anew for it. */
    readonly size?: Size
    /** False: it has the history already. */
    readonly history?: boolean
  }) => ReadonlyArray<Buffer>
  /**
   * As `restore`, for a terminal that has shown the session all along and on which something is to be put right: over what
   * it shows, without history. `placed`: rows are where the session has them, which they are not where a session that began
   * below the user's own lines has not scrolled yet. Undefined: it takes a `restore`.
   */
  readonly picture: (options: { readonly size?: Size; readonly placed: boolean }) => ReadonlyArray<Buffer> | undefined
  /** The output bytes from an offset up to now; undefined when they are no longer held. */
  readonly since: (offset: number) => ReadonlyArray<Buffer> | undefined
  /** Offset of the oldest byte that `since` still gives. */
  readonly first: () => number
  /** The last lines as text, oldest first, without escape sequences. */
  readonly lines: () => ReadonlyArray<string>
  /**
   * What a person would copy, oldest first: lines that each end in LF, a wrapped line as one, without blanks at their
   * ends and blank lines at the end. With `ansi` the same lines with colours, attributes and links (SGR, OSC 8), each for
   * itself: it begins with a plain pen and ends with one. No other control character but tabs. While a program shows the
   * alternate screen: the main screen, and what scrolled out of it.
   */
  readonly history: (options: { readonly ansi: boolean }) => ReadonlyArray<Buffer>
  /** What to send to a terminal that showed the session, so that it is clean for what comes next. */
  readonly leave: () => Buffer
  /** For answering a program when no terminal is there to do it. */
  readonly report: () => TerminalReport
}

/** Makes the model of a session. */
export class Scrollback extends Context.Service<Scrollback, {
  readonly make: (size: Size) => Effect.Effect<ScrollbackModel>
}>()("sesh/services/Scrollback") {}
