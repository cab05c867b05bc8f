import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { EndSignal } from "../schema/protocol/Control.ts"
import type { Size } from "../schema/Session.ts"
import { messageOf } from "../schema/Text.ts"

/** The terminal could not be put into raw mode. */
export class TtyError extends Schema.TaggedError<TtyError>()("TtyError", {
  /** The system's error; missing: there was none, but the terminal is not in raw mode. */
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `cannot use this terminal: ${
      this.cause === undefined ? "it does not go into raw mode" : messageOf(this.cause)
    }`
  }
}

/** Callbacks instead of streams, because this is the byte path. */
export interface TtyHandlers {
  /** Bytes typed. The handler may keep them. */
  readonly onInput: (bytes: Buffer) => void
  /** No more input: end of file, or the terminal is gone. */
  readonly onEnd: () => void
  /** All that was written has been taken, after a `write` that returned false. */
  readonly onDrain: () => void
  /** The window has another size. */
  readonly onResize: (size: Size) => void
  /** The process was asked to end (SIGTERM, SIGHUP, SIGINT), or the terminal is gone. */
  readonly onSignal: (signal: EndSignal) => void
}

/** The user's side: standard input and output, usually a terminal. */
export class Tty extends Context.Service<Tty, {
  readonly inputIsTerminal: boolean
  readonly outputIsTerminal: boolean
  /** The size of the terminal on output, or else on input; undefined when neither is a terminal. */
  readonly size: () => Size | undefined
  /**
   * Modes of the terminal, as `SessionSpec` has them; undefined when there is none, or the system does not tell. Loads
   * what that takes: from then on `size` has pixels.
   */
  readonly modes: () => string | undefined
  /**
   * Opens the byte path. If input is a terminal it is raw from now on: no echo, no signals from keys, and a line feed
   * goes out as a line feed. What was typed before comes first, as it was typed. Closing the scope restores it,
   * whatever happened.
   */
  readonly open: (handlers: TtyHandlers) => Effect.Effect<OpenTty, TtyError, Scope.Scope>
  /**
   * True while what is typed is for the byte path: it is open, and not lent. Then nobody else may ask anything on the
   * terminal: two readers would get a part of each answer.
   */
  readonly isTaken: () => boolean
}>()("sesh/services/Tty") {}

/** The byte path to the user. */
export interface OpenTty {
  /** Shows bytes, which must not change afterwards. False: write no more until `onDrain`. */
  readonly write: (bytes: Buffer) => boolean
  /** While paused, no `onInput`. */
  readonly pause: () => void
  readonly resume: () => void
  /** Waits until all that was written has been taken, at most a second. False: not all was taken. */
  readonly flush: Effect.Effect<boolean>
  /**
   * Lends the terminal while `use` runs, which may ask on it: it shows what was written before, has the modes from
   * before `open`, and nothing is read. Keys that end programs are reported as SIGINT. What was typed meanwhile and not
   * read comes to `onInput` afterwards. `use` must not write to the byte path.
   */
  readonly lend: <A, E, R>(use: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}
