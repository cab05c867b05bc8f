import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Ended, SessionInfo } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"

/**
 * What a daemon writes beside its session's socket: only on the machine of the session itself. The files are a
 * convenience: a failure is logged, never raised.
 */
export class SessionFiles extends Context.Service<SessionFiles, {
  /** The stable path that programs in the session know the ssh-agent by. */
  readonly agentPath: (name: SessionName) => string
  /** Makes that path lead to a socket. A relative target, or the path itself, is ignored. */
  readonly pointAgent: (name: SessionName, socket: string) => Effect.Effect<void>
  /** Keeps what a listing needs when the session does not answer. */
  readonly writeInfo: (info: SessionInfo) => Effect.Effect<void>
  /** Remembers how a session ended, for an hour: see `EndedSessions`. Older memories, of whomever, are dropped. */
  readonly writeEnd: (ended: Ended) => Effect.Effect<void>
  /** The name is used again. */
  readonly forgetEnd: (name: SessionName) => Effect.Effect<void>
}>()("sesh/services/SessionFiles") {}
