import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A line on standard error that changes during long work; nothing when standard error is not a terminal. */
export class Progress extends Context.Service<Progress, {
  /**
   * Shows a line that can be replaced, and is removed when the scope closes. Control characters are made visible, and
   * what does not fit the terminal is cut. `Output` meanwhile goes above it. An empty text removes it at once. Nothing
   * is shown while `Tty` has the terminal.
   */
  readonly line: Effect.Effect<(text: string) => void, never, Scope.Scope>
}>()("sesh/services/Progress") {}
