import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Ended } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"
import type { HostError } from "./HostError.ts"

/** How past sessions of a machine ended. */
export class EndedSessions extends Context.Service<EndedSessions, {
  /**
   * The last session of that name, with output that its creator did not get; none if it ended more than an hour ago, or
   * nothing is known.
   */
  readonly get: (name: SessionName) => Effect.Effect<Option.Option<Ended>, HostError>
}>()("sesh/services/EndedSessions") {}
