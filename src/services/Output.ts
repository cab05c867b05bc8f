import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** A result could not be written whole: a disk is full. A reader that has ended is not an error. */
export class OutputError extends Schema.TaggedError<OutputError>()("OutputError", {
  /** The system's reason, in words for the user. */
  reason: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    return `cannot write to standard output: ${this.reason}`
  }
}

/** sesh's own output, for users and programs. Control characters in it, except tabs and line feeds, become U+FFFD. */
export class Output extends Context.Service<Output, {
  /** True when results go to a terminal, not to a pipe or file. */
  readonly isTerminal: boolean
  /** A result: a line, or several, on standard output. */
  readonly print: (text: string) => Effect.Effect<void, OutputError>
  /** A result that is passed on unchanged: bytes, on standard output. */
  readonly write: (bytes: ReadonlyArray<Uint8Array>) => Effect.Effect<void, OutputError>
  /** Any other message for the user: on standard error. */
  readonly note: (text: string) => Effect.Effect<void>
}>()("sesh/services/Output") {}
