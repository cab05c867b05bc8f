import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { SessionName } from "../schema/SessionName.ts"

/** A place sesh needs cannot be used: `problem` says why, `advice` what to do about it. */
export class PathsError extends Schema.TaggedError<PathsError>()("PathsError", {
  path: Schema.String,
  problem: Schema.String,
  advice: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `${this.path} ${this.problem}; ${this.advice}`
  }
}

/** Where one session's files are. */
export interface SessionPaths {
  /** Unix socket: the truth about liveness. */
  readonly socket: string
  /** What a listing needs when the session does not answer. */
  readonly info: string
  /** Symlink to the ssh-agent socket of the client that attached last. */
  readonly agent: string
  /** How the last session of that name ended. */
  readonly ended: string
  /** Where its daemon writes what went wrong. */
  readonly log: string
}

/** Every path sesh touches, with the permissions it insists on. */
export class Paths extends Context.Service<Paths, {
  /** Holds sockets and state of all sessions, `~/.sesh` unless `SESH_DIR` moves it. */
  readonly dir: string
  /** File that creators and reapers lock. */
  readonly lock: string
  readonly session: (name: SessionName) => SessionPaths
  /** Holds what is remembered of other hosts, a file for each. */
  readonly remotes: string
  /** The user's list of what is brought to other hosts. */
  readonly syncList: string
  /**
   * Makes the directory (0700) if need be. Fails, creating nothing, when it is not a directory, belongs to someone
   * else, others can write to it, or we cannot.
   */
  readonly ensure: Effect.Effect<void, PathsError>
  /** As `ensure`, but makes nothing: false when there is no directory yet. */
  readonly check: Effect.Effect<boolean, PathsError>
  /** Fails when the session's socket path is longer than the system takes (`socketPathLimit`). */
  readonly checkSocketPath: (name: SessionName) => Effect.Effect<void, PathsError>
}>()("sesh/services/Paths") {}
