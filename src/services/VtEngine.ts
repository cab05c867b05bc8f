import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Size } from "../schema/Session.ts"

/** The terminal model cannot be used here: it is missing, or not the version that was tested. */
export class VtEngineError extends Schema.TaggedError<VtEngineError>()("VtEngineError", {
  problem: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `no terminal model, the screen is restored from raw bytes: ${this.problem}`
  }
}

/** What to put back, and where. */
export interface RestoreOptions {
  /** Most lines of history to send along. */
  readonly history: number
  /**
   * Of the terminal that gets it; the model's own when left out. For other columns what is shown is wrapped anew. Of more
   * rows the top ones show it, and what scrolls goes on there; of fewer all show the cursor's part of it.
   */
  readonly size?: Size
  /** It shows the screen, more or less: nothing moves into its scrollback, and there is no history to send. */
  readonly over?: boolean
}

/** A terminal that shows nothing: it knows what one would show. All synchronous; any call may throw. */
export interface VtTerminal {
  /** Takes output in. Sequences and characters may be cut anywhere. */
  readonly write: (bytes: Buffer) => void
  /** Another size: wrapped lines are wrapped anew, as terminals do. */
  readonly resize: (size: Size) => void
  /**
   * What makes another terminal show the same: the user's own lines move into its scrollback, then history, screen,
   * cursor, pen and modes, and whatever was cut in the middle. Provokes no answer.
   */
  readonly restore: (options: RestoreOptions) => ReadonlyArray<Buffer>
  /** History and main screen as text, oldest first; a wrapped line is one line. */
  readonly lines: () => ReadonlyArray<string>
  /** The same lines with SGR and OSC 8, each from a plain pen to a plain pen, without what shows nothing at their ends. */
  readonly styled: () => ReadonlyArray<string>
  /** Counted from 0; relative to the scroll region in origin mode, as it is reported. */
  readonly cursor: () => { readonly row: number; readonly column: number }
  /**
   * True while plain lines that scroll out of the history leave no trace: main screen, no scroll region, nothing begun.
   */
  readonly scrolls: () => boolean
  /** Something has scrolled out of the main screen. */
  readonly hasScrolled: () => boolean
  /** Text that reaches the right margin goes on in the next row. */
  readonly wraps: () => boolean
  readonly title: () => string | undefined
  /** The working directory that the program reported: a URL. */
  readonly cwd: () => string | undefined
  /** What makes a terminal that showed the same clean again. */
  readonly leave: () => Buffer
  readonly dispose: () => void
}

/** Terminal models. */
export class VtEngine extends Context.Service<VtEngine, {
  /** Loads the engine at the first call, checks that it works, and makes a terminal that keeps so many lines of history. */
  readonly make: (size: Size, historyLines: number) => Effect.Effect<VtTerminal, VtEngineError>
}>()("sesh/services/VtEngine") {}
