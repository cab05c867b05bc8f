import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { EndSignal } from "../schema/protocol/Control.ts"
import type { Size } from "../schema/Session.ts"
import { messageOf } from "../schema/Text.ts"

/** The terminal could not be put into raw mode. */
export class TtyError extends Schema.TaggedError<TtyError>()("TtyError", {
  /** What the system says; missing: nothing, but the terminal is not in raw mode afterwards. */
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `cannot use this terminal: ${
      this.cause === undefined ? "it does not go into raw mode" : messageOf(this.cause)
    }`
  }
}

/** Callbacks, not streams: this is the byte path. */
export interface TtyHandlers {
  /** Bytes typed. The handler's to keep. */
  readonly onInput: (bytes: Buffer) => void
  /** No more input: end of file, or the terminal is gone. */
  readonly onEnd: () => void
  /** All that was written has been taken, after a `write` that returned false. */
  readonly onDrain: () => void
  /** The window has another size. */
  readonly onResize: (size: Size) => void
  /** The process was told to go (SIGTERM, SIGHUP, SIGINT), or the terminal went. */
  readonly onSignal: (signal: EndSignal) => void
}

/** The user's side: standard input and output, a terminal as a rule. */
export class Tty extends Context.Service<Tty, {
  readonly inputIsTerminal: boolean
  readonly outputIsTerminal: boolean
  /** Of the terminal on output, or else on input; undefined when neither is one. */
  readonly size: () => Size | undefined
  /**
   * Opens the byte path. If input is a terminal it is raw from here on: no echo, no signals from keys, and a line feed
   * goes out as a line feed. Closing the scope restores it, whatever happened.
   */
  readonly open: (handlers: TtyHandlers) => Effect.Effect<OpenTty, TtyError, Scope.Scope>
}>()("sesh/services/Tty") {}

/** The byte path to the user. */
export interface OpenTty {
  /** Shows bytes, which must not change afterwards. False: hold back until `onDrain`. */
  readonly write: (bytes: Buffer) => boolean
  /** While paused, no `onInput`. */
  readonly pause: () => void
  readonly resume: () => void
  /**
   * Waits until all that was written has been taken, a second at the most, and for the answers of the terminal that are
   * on their way: they are input of ours, and not of whoever reads from the terminal next. False: not all was taken.
   */
  readonly flush: Effect.Effect<boolean>
}
