import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Size } from "../schema/Session.ts"

/** The state of a session's terminal that programs may query. */
export interface TerminalReport {
  readonly size: Size
  /** Counted from 0. */
  readonly cursor: { readonly row: number; readonly column: number }
  /** Whether a DEC private or ANSI mode is on; undefined for a mode that is not known. */
  readonly mode: (mode: number, kind: "private" | "ansi") => boolean | undefined
  /** Flags of the kitty keyboard protocol. */
  readonly keyboard: number
  /** XTMODKEYS resource 4, modifyOtherKeys. */
  readonly otherKeys: number
  /** DECSCUSR; 0 is the terminal's own shape. */
  readonly cursorShape: number
  /** A colour that the program has set: `11` for the background, `4;1` for an index. */
  readonly colour: (key: string) => string | undefined
}

/** What is made of a session's output for a client: see `restore`, `redraw`, `history` of {@link ScrollbackModel}. */
export type Picture =
  | { readonly kind: "restore"; readonly history: boolean; readonly size?: Size }
  | { readonly kind: "redraw"; readonly placed: boolean; readonly size?: Size }
  | { readonly kind: "history"; readonly ansi: boolean }

/** A part of a picture. A restore and a redraw have one only. */
export interface PicturePart {
  /** Undefined: there is no such redraw. */
  readonly bytes: ReadonlyArray<Buffer> | undefined
  /** The output up to here is in the picture, and none of what follows. */
  readonly offset: number
  readonly isLast: boolean
}

/** The output of one session: enough to restore its screen on another terminal. */
export interface ScrollbackModel {
  /** Output bytes since the session began. */
  readonly offset: () => number
  /** Takes output in. Copies what it keeps. Never fails, never blocks. */
  readonly append: (bytes: Buffer) => void
  /**
   * Calls back with true when it has more output than it can soon take in, and with false when that is done. The
   * program is to be paused in between.
   */
  readonly listen: (onBehind: (isBehind: boolean) => void) => void
  /** Somebody has typed: a paused program goes on as soon as it can, as the echo follows what it has written. */
  readonly expectEcho: () => void
  /** Sets the terminal's size. To be called before the program's resize, so that its next output finds the new size. */
  readonly resize: (size: Size) => void
  /**
   * Bytes that make a terminal show the session; the user's own lines move into its scrollback. Live output goes on
   * exactly where the restore ends. Contains no query. A terminal that showed the session before must be
   * clean (`leave`).
   */
  readonly restore: (options?: {
    /** Size of that terminal; the session's when left out. Lines are wrapped for it. */
    readonly size?: Size
    /** False for a terminal that has the history already. */
    readonly history?: boolean
  }) => ReadonlyArray<Buffer>
  /**
   * As `restore`, for a terminal that shows the session already, to repair its screen: overwrites what it shows,
   * without history. `placed`: the terminal's rows are the session's. They are not where the session began below the
   * user's own lines and has not scrolled yet. Undefined where only a `restore` will do.
   */
  readonly redraw: (options: { readonly size?: Size; readonly placed: boolean }) => ReadonlyArray<Buffer> | undefined
  /** The output bytes from an offset up to now; undefined when some are no longer held. */
  readonly since: (offset: number) => ReadonlyArray<Buffer> | undefined
  /** Offset of the oldest byte that `since` still gives. */
  readonly first: () => number
  /**
   * What a person would copy, oldest first. Lines end in LF; a wrapped line is one line; no blanks at the ends of
   * lines, no blank lines at the end; no control characters but tabs. With `ansi` the lines have colours, attributes
   * and links (SGR, OSC 8), and each begins and ends with a plain pen. Always of the main screen, also while a program
   * shows the alternate screen.
   */
  readonly history: (options: { readonly ansi: boolean }) => ReadonlyArray<Buffer>
  /**
   * Makes a picture without holding up the event loop: at once where it takes 20 ms at most, else in slices. Pictures
   * are made in the order in which they are asked for. Gives a function that cancels it.
   */
  readonly inSlices: (picture: Picture, then: (part: PicturePart) => void) => () => void
  /** Makes at once all pictures that are not ready yet. */
  readonly settle: () => void
  /** Bytes that make a terminal clean that showed the session. */
  readonly leave: () => Buffer
  /** For the daemon's own replies to queries. */
  readonly report: () => TerminalReport
}

/** Makes the model of a session. */
export class Scrollback extends Context.Service<Scrollback, {
  readonly make: (size: Size) => Effect.Effect<ScrollbackModel>
}>()("sesh/services/Scrollback") {}
