import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ListedSession } from "../schema/Listing.ts"
import type { Welcome } from "../schema/protocol/Control.ts"
import type { ExitStatus } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"
import type { HostError } from "./HostError.ts"
import type { LoopError } from "./LoopError.ts"
import type { NoSession } from "./NoSession.ts"
import type { PathsError } from "./Paths.ts"
import type { ConnectError } from "./SessionClient.ts"
import type { SessionElsewhere } from "./SessionElsewhere.ts"

/** The session exists, but does not answer, or sends something we do not understand. */
export class SessionUnresponsive extends Schema.TaggedError<SessionUnresponsive>()("SessionUnresponsive", {
  name: Schema.String,
  reason: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `session ${this.name} does not answer: ${this.reason}`
  }
}

/** The session speaks another major version of the protocol. */
export class VersionMismatch extends Schema.TaggedError<VersionMismatch>()("VersionMismatch", {
  name: Schema.String,
  ours: Schema.String,
  theirs: Schema.String,
  /** Which side is older. */
  older: Schema.Literals(["client", "session"])
}) {
  override get message() {
    return this.older === "client"
      ? `session ${this.name} was started by sesh ${this.theirs}, this is ${this.ours}: upgrade this sesh`
      : `session ${this.name} was started by sesh ${this.theirs}, too old for this ${this.ours}: end it, or use that sesh`
  }
}

export type AskError =
  | LoopError
  | NoSession
  | SessionElsewhere
  | ConnectError
  | SessionUnresponsive
  | VersionMismatch
  | HostError

/**
 * The sessions of this user on a machine. The socket is the truth: everything here connects and asks. Of sessions that
 * are asked at the same time, one counts as silent when none of them has answered for that long.
 */
export class SessionRegistry extends Context.Service<SessionRegistry, {
  /**
   * All sessions, sorted by name, asked in parallel. Once none has answered for a second, the others are listed with
   * that problem; one of another machine, with that machine. Removes the files that dead sessions left.
   */
  readonly list: Effect.Effect<ReadonlyArray<ListedSession>, PathsError | HostError>
  /** The names of all sockets, without asking the sessions: for completion. */
  readonly names: Effect.Effect<ReadonlyArray<SessionName>>
  /** Asks one session. It has five seconds to answer, on another host twenty. */
  readonly get: (name: SessionName) => Effect.Effect<Welcome, AskError>
  /** Ends a session, and waits until it has ended. Processes that still run after the grace are killed. */
  readonly kill: (name: SessionName, graceMs: number) => Effect.Effect<ExitStatus, AskError>
  /** Detaches every client of a session. Returns how many there were. */
  readonly detach: (name: SessionName, reason?: string) => Effect.Effect<number, AskError>
}>()("sesh/services/SessionRegistry") {}
