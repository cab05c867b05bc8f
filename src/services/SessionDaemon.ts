import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { ExitStatus, SessionInfo, SessionSpec } from "../schema/Session.ts"
import type { LockError } from "./Lock.ts"
import type { PathsError } from "./Paths.ts"
import type { PtyError } from "./Pty.ts"
import type { SessionExists, SessionServerError } from "./SessionServer.ts"

/** The session cannot start as asked: `SHELL` or the directory is at fault. */
export class SpecError extends Schema.TaggedError<SpecError>()("SpecError", {
  problem: Schema.String,
  advice: Schema.String
}) {
  override get message() {
    return `${this.problem}; ${this.advice}`
  }
}

export type StartError = SpecError | PtyError | SessionExists | SessionServerError | LockError | PathsError

/** A session that runs in this process. */
export interface RunningSession {
  readonly info: SessionInfo
  /** Completes when the program has ended and the clients have their status. */
  readonly ended: Effect.Effect<ExitStatus>
  /** Hangs up its terminal; what is left after the grace gets SIGKILL. Does not wait. */
  readonly kill: (graceMs: number) => Effect.Effect<void>
}

/** What the daemon does: one terminal, any number of clients; replay, then live. */
export class SessionDaemon extends Context.Service<SessionDaemon, {
  /** Starts a session; it can be attached to when this returns. Closing the scope ends it. */
  readonly start: (spec: SessionSpec) => Effect.Effect<RunningSession, StartError, Scope.Scope>
}>()("sesh/services/SessionDaemon") {}
