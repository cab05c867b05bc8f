import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Ended } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"

/** How past sessions of a machine ended. On a failure, nothing is known. */
export class EndedSessions extends Context.Service<EndedSessions, {
  /** The last session of that name; none if it ended more than an hour ago, or nothing is known. */
  readonly get: (name: SessionName) => Effect.Effect<Option.Option<Ended>>
}>()("sesh/services/EndedSessions") {}
