import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { EndSignal } from "../schema/protocol/Control.ts"

export type { EndSignal }

/** What the system or a person tells this process while no terminal is open (`Tty` hears it then). */
export class Signals extends Context.Service<Signals, {
  /** While the scope is open these signals do not end the process; they are told instead. */
  readonly listen: (onSignal: (signal: EndSignal) => void) => Effect.Effect<void, never, Scope.Scope>
}>()("sesh/services/Signals") {}
