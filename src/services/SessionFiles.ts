import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Ended, EndedOutput, SessionInfo } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"

/**
 * The files that a daemon writes beside its session's socket. A session works without them: a failure is logged, never
 * raised.
 */
export class SessionFiles extends Context.Service<SessionFiles, {
  /** The path by which programs in the session know the ssh-agent. It stays the same. */
  readonly agentPath: (name: SessionName) => string
  /** Makes that path lead to a socket. Ignores a relative target, and the path itself. */
  readonly pointAgent: (name: SessionName, socket: string) => Effect.Effect<void>
  /** Whether the path leads to a socket of the user's own, or of the system's. For root, anybody's. */
  readonly ownsSocket: (path: string) => Effect.Effect<boolean>
  /** Saves what a listing needs if the session does not answer, and which process of which machine the session is. */
  readonly writeInfo: (info: SessionInfo) => Effect.Effect<void>
  /** Saves how a session ended: see `EndedSessions`. Removes what is older than an hour, of all sessions. */
  readonly writeEnd: (ended: Ended) => Effect.Effect<void>
  /** Saves the output of that session's command with it. */
  readonly writeOutput: (name: SessionName, id: string, output: EndedOutput) => Effect.Effect<void>
  /** Removes that output; another session's of the name stays. */
  readonly forgetOutput: (name: SessionName, id: string) => Effect.Effect<void>
  /** Removes that record: the name is in use again. */
  readonly forgetEnd: (name: SessionName) => Effect.Effect<void>
}>()("sesh/services/SessionFiles") {}
