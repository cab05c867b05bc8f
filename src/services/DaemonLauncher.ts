import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { SessionSpec } from "../schema/Session.ts"
import type { HostError } from "./HostError.ts"
import type { PathsError } from "./Paths.ts"
import type { SessionExists } from "./SessionServer.ts"

/** The session was not started; `reason` is the daemon's. */
export class LaunchError extends Schema.TaggedError<LaunchError>()("LaunchError", {
  name: Schema.String,
  reason: Schema.String,
  /** See `PtyError`. */
  kind: Schema.Literals(["not found", "not executable", "other"]),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `cannot start session ${this.name}: ${this.reason}`
  }
}

/** A session that has just been started. */
export interface Launched {
  /** The session's id. */
  readonly id: string
  /** What the user should know: for example, that the session will not outlive the login. */
  readonly warning?: string
}

export interface LaunchOptions {
  /** The caller waits for the command's status next, and wants nothing else of it: another host may tell it at once. */
  readonly wantsStatus?: boolean
  /** Called when the session may come to be: an interrupt before that leaves nothing behind. */
  readonly onAsked?: () => void
}

/** Starts daemons. */
export class DaemonLauncher extends Context.Service<DaemonLauncher, {
  /** Starts a session's daemon, independent of this process, and waits until clients can attach. */
  readonly launch: (
    spec: SessionSpec,
    options?: LaunchOptions
  ) => Effect.Effect<Launched, SessionExists | LaunchError | PathsError | HostError>
}>()("sesh/services/DaemonLauncher") {}
