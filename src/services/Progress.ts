import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A line on standard error that changes while something takes its time; nothing at all when that is no terminal. */
export class Progress extends Context.Service<Progress, {
  /**
   * Shows a line that can be replaced; gone when the scope closes. Control characters are made visible, and what does not fit the
   * terminal is cut. What `Output` says meanwhile goes above it.
   */
  readonly line: Effect.Effect<(text: string) => void, never, Scope.Scope>
}>()("sesh/services/Progress") {}
