import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Ended } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"

/** How sessions of a machine ended that are not there any more. A memory: a failure is as if nothing were known. */
export class EndedSessions extends Context.Service<EndedSessions, {
  /** The last session of that name; none when it ended more than an hour ago, or nothing is known. */
  readonly get: (name: SessionName) => Effect.Effect<Option.Option<Ended>>
}>()("sesh/services/EndedSessions") {}
