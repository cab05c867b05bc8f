import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { HostName } from "../schema/HostName.ts"
import type { SessionName } from "../schema/SessionName.ts"

/** A directory or file that sesh needs cannot be used: `problem` says why, `advice` what to do about it. */
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

/** Paths of one session's files. */
export interface SessionPaths {
  /** Unix socket. A session is alive if it answers there. */
  readonly socket: string
  /** What a listing needs if the session does not answer. */
  readonly info: string
  /** Symlink to the ssh-agent socket of the client that attached or typed last. */
  readonly agent: string
  /** How the last session of that name ended. */
  readonly ended: string
  /** Log of its daemon's errors. */
  readonly log: string
}

/** Every path that sesh uses, and the checks of their permissions. */
export class Paths extends Context.Service<Paths, {
  /** Directory of the sockets and state of all sessions: `SESH_DIR`, by default `~/.sesh`. */
  readonly dir: string
  /** Lock file of processes that create sessions or remove dead ones. */
  readonly lock: string
  readonly session: (name: SessionName) => SessionPaths
  /** Directory of what can be fetched or made again. */
  readonly cache: string
  /** Directory of what is remembered of other hosts, files for each. */
  readonly remotes: string
  /** Which of the user's files a host has got, in `remotes`. */
  readonly synced: (host: HostName) => string
  /** The user's list of files to sync to other hosts. */
  readonly syncList: string
  /**
   * Creates the directory (0700) if it is missing. Fails, without creating anything, if it is not a directory, belongs
   * to another user, others can write to it, or we cannot.
   */
  readonly ensure: Effect.Effect<void, PathsError>
  /** As `ensure`, but creates nothing, and we need not be able to write there. False: there is no directory yet. */
  readonly check: Effect.Effect<boolean, PathsError>
  /** Fails if the session's socket path is longer than the system allows (`socketPathLimit`). */
  readonly checkSocketPath: (name: SessionName) => Effect.Effect<void, PathsError>
}>()("sesh/services/Paths") {}
