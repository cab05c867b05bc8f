import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Size } from "../schema/Session.ts"

/** The terminal model cannot be used: it is missing, or not the version that was tested. */
export class VtEngineError extends Schema.TaggedError<VtEngineError>()("VtEngineError", {
  problem: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `no terminal model, the screen is restored from raw bytes: ${this.problem}`
  }
}

/** The fewest columns that a model has: those that xterm.js takes (common/services/BufferService.ts). */
export const MIN_COLS = 2

/** What to restore, and for which terminal. */
export interface RestoreOptions {
  /** Most lines of history in the restore. */
  readonly history: number
  /**
   * Size of the terminal that gets it; the model's own when left out. For other columns, lines are wrapped again. With
   * more rows, the top ones show the screen and scroll alone; with fewer, the part of the screen with the cursor shows.
   */
  readonly size?: Size
  /** The terminal shows the screen already, but for a line of ours: nothing moves into its scrollback, no history. */
  readonly over?: boolean
}

/** A part of a line of text. */
export interface LinePart {
  readonly text: string
  /** Of blanks only. */
  readonly isBlank: boolean
  /** The last part of its line. */
  readonly ends: boolean
}

/** A model of a terminal: knows what one would show. All synchronous; any call may throw. */
export interface VtTerminal {
  /** Takes output in. Sequences and characters may be cut anywhere. */
  readonly write: (bytes: Buffer) => void
  /** Sets another size: lines are wrapped again, as terminals do. */
  readonly resize: (size: Size) => void
  /**
   * Bytes that make another terminal show the same: the user's own lines move into its scrollback, then come history,
   * screen, cursor, pen and modes, and the beginning of a sequence or character that was cut. Contains no query. Made
   * while it is read, with empty pieces as places for a pause; until its end the terminal must not change.
   */
  readonly restore: (options: RestoreOptions) => Iterable<Buffer>
  /** History and main screen as text, oldest first; a wrapped line is one line. */
  readonly lines: () => ReadonlyArray<string>
  /**
   * The same lines with SGR and OSC 8. Each begins and ends with a plain pen, and has no invisible blanks at its end.
   */
  readonly styled: () => ReadonlyArray<string>
  /** The parts of `styled`, or else of `lines`. Made while they are read, as a restore. */
  readonly lineParts: (ansi: boolean) => Iterable<LinePart>
  /** Counted from 0; in origin mode relative to the scroll region, as terminals report it. */
  readonly cursor: () => { readonly row: number; readonly column: number }
  /** True while plain lines leave no trace once out of the history: main screen, no scroll region, in no sequence. */
  readonly scrolls: () => boolean
  /** True when a line has scrolled out of the main screen. */
  readonly hasScrolled: () => boolean
  /** True when text wraps at the right margin. */
  readonly wraps: () => boolean
  readonly title: () => string | undefined
  /** The working directory that the program reported: a URL. */
  readonly cwd: () => string | undefined
  /** Bytes that make a terminal clean that showed the same. */
  readonly leave: () => Buffer
  readonly dispose: () => void
}

/** Terminal models. */
export class VtEngine extends Context.Service<VtEngine, {
  /** Makes a terminal that keeps `historyLines` lines. The first call loads the engine, and checks that it works. */
  readonly make: (size: Size, historyLines: number) => Effect.Effect<VtTerminal, VtEngineError>
}>()("sesh/services/VtEngine") {}
