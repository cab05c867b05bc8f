import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InvalidDetachKey } from "../schema/DetachKey.ts"
import type { EndSignal } from "../schema/protocol/Control.ts"
import type { ExitStatus } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"
import type { ConnectionBroken } from "./Connection.ts"
import type { NoSession } from "./NoSession.ts"
import type { ProtocolViolated } from "./ProtocolViolated.ts"
import type { AskError } from "./SessionRegistry.ts"
import type { SessionReplaced } from "./SessionReplaced.ts"
import type { TtyError } from "./Tty.ts"

/** The session's process is gone, and how it ended is not known. */
export class SessionGone extends Schema.TaggedError<SessionGone>()("SessionGone", {
  /** The host, if it is another one; it has been connected to again. */
  host: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `its process is gone${this.host === undefined ? "" : ", as after a restart of the host"}`
  }
}

/** The session closed the connection with a refusal. */
export class SessionRefused extends Schema.TaggedError<SessionRefused>()("SessionRefused", {
  /** The session's message; not to be trusted. */
  words: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return this.words ?? "it hung up on us"
  }
}

/** The user stopped the reconnect. */
export class GivenUp extends Schema.TaggedError<GivenUp>()("GivenUp", {}) {
  override get message() {
    return "given up"
  }
}

/** Why a session is lost. */
export type AttachFailure =
  | ConnectionBroken
  | Exclude<AskError, NoSession>
  | GivenUp
  | ProtocolViolated
  | SessionGone
  | SessionRefused
  | SessionReplaced

/** The reason as text, without the session's name. */
export const reasonOf = (error: AttachFailure): string =>
  error._tag === "ConnectError" || error._tag === "SessionUnresponsive" ? error.reason : error.message

/** How an attachment ended. */
export type AttachEnd =
  /**
   * `key`: the detach key, or Ctrl-C in a client that watches. `other`: another client detached it. `end of input`: the
   * input is not a terminal, it has ended, and all of it was typed.
   */
  | { readonly _tag: "Detached"; readonly by: "key" | "other" | "end of input"; readonly reason?: string }
  | { readonly _tag: "Exited"; readonly status: ExitStatus }
  /** For good: the session's process is gone, its host refuses a reconnect, or the user stopped the reconnect. */
  | { readonly _tag: "Lost"; readonly error: AttachFailure }
  | { readonly _tag: "Signal"; readonly signal: EndSignal }

/**
 * State of an attachment's connection. `Lost`: it reconnects; without an error, the connection just ended. `Locked`:
 * the host lets nobody in without asking, so it waits for its user to log in.
 */
export type AttachState =
  | { readonly _tag: "Attached" }
  | { readonly _tag: "Lost"; readonly error?: AttachFailure }
  | { readonly _tag: "Locked"; readonly error: AttachFailure }
  | { readonly _tag: "Resumed" }

export interface AttachOptions {
  readonly name: SessionName
  /** `watch` shows the session, and never types or resizes. */
  readonly role: "attach" | "watch"
  /** The session on whose terminal it is shown. */
  readonly within?: SessionName
  /** Id of the session, if this process has just created it: shows everything since its beginning. */
  readonly created?: string
  /** Runs while the client connects. Until it is done, the terminal is not touched, and nothing is shown. */
  readonly before?: Effect.Effect<void>
  readonly onState?: (state: AttachState) => Effect.Effect<void>
}

/**
 * Shows a session on the user's terminal. When a connection to another host breaks, it reconnects, however long that
 * takes, and asks nothing meanwhile. Where the host wants a login, it lends the terminal to ssh when its user presses
 * Enter, and drops what is typed until the session is back. Output and input resume where they stopped, no byte lost
 * and none twice; if the session no longer has those bytes, it restores the screen. Refuses a session that shows the
 * one we are in, over any number of hosts.
 */
export class AttachClient extends Context.Service<AttachClient, {
  /** Returns once the terminal's state is restored. */
  readonly attach: (options: AttachOptions) => Effect.Effect<AttachEnd, AskError | TtyError | InvalidDetachKey>
}>()("sesh/services/AttachClient") {}
