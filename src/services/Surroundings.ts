import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ShownIn } from "../schema/protocol/Control.ts"

/** What is around this sesh: the session on whose terminal it runs, on this machine, and those that show that one. */
export class Surroundings extends Context.Service<Surroundings, {
  /**
   * Reports the sessions in which we are shown: none outside of sessions. Once before it returns, and again whenever
   * they change, until the scope closes. A session that does not answer counts as none; an older one does not know in
   * which others it is shown.
   */
  readonly follow: (onChange: (ids: ShownIn) => void) => Effect.Effect<void, never, Scope.Scope>
}>()("sesh/services/Surroundings") {}
