import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** A result could not be written whole: a disk is full. That nobody reads it any more is no error. */
export class OutputError extends Schema.TaggedError<OutputError>()("OutputError", {
  /** What the system says, in words for people. */
  reason: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    return `cannot write to standard output: ${this.reason}`
  }
}

/** What sesh itself says to people and programs. Control characters in it, but tabs and line feeds, become U+FFFD. */
export class Output extends Context.Service<Output, {
  /** True when results go to a person's terminal rather than to a pipe or file. */
  readonly isTerminal: boolean
  /** A result: a line, or several, on standard output. */
  readonly print: (text: string) => Effect.Effect<void, OutputError>
  /** A result that is not ours to change: bytes as they are, on standard output. */
  readonly write: (bytes: ReadonlyArray<Uint8Array>) => Effect.Effect<void, OutputError>
  /** Anything else a person should know: on standard error. */
  readonly note: (text: string) => Effect.Effect<void>
}>()("sesh/services/Output") {}
