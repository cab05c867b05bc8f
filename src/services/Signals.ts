import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { EndSignal } from "../schema/protocol/Control.ts"

export type { EndSignal }

/** Signals to this process while no terminal is open; while one is, `Tty` reports them. */
export class Signals extends Context.Service<Signals, {
  /** While the scope is open, these signals call `onSignal` and do not end the process. */
  readonly listen: (onSignal: (signal: EndSignal) => void) => Effect.Effect<void, never, Scope.Scope>
}>()("sesh/services/Signals") {}
