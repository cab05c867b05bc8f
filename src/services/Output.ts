import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** What sesh itself says to people and programs. Control characters in it are made visible, never sent. */
export class Output extends Context.Service<Output, {
  /** True when results go to a person's terminal rather than to a pipe or file. */
  readonly isTerminal: boolean
  /** A result: a line, or several, on standard output. */
  readonly print: (text: string) => Effect.Effect<void>
  /** Anything else a person should know: on standard error. */
  readonly note: (text: string) => Effect.Effect<void>
}>()("sesh/services/Output") {}
