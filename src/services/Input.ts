import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"

/** Standard input, or a file, cannot be read. */
export class InputError extends Schema.TaggedError<InputError>()("InputError", {
  file: Schema.String,
  /** The system's reason, in words for the user. */
  reason: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    return `cannot read ${this.file}: ${this.reason}`
  }
}

/** What a command reads, as a whole or piece by piece; not what is typed into a session (`Tty`). */
export class Input extends Context.Service<Input, {
  /** True when standard input is a terminal: then the user is expected to type. */
  readonly isTerminal: boolean
  /** Standard input up to its end. Once. */
  readonly bytes: Stream.Stream<Uint8Array, InputError>
  /** A file's content; relative to the working directory. */
  readonly file: (path: string) => Stream.Stream<Uint8Array, InputError>
}>()("sesh/services/Input") {}
