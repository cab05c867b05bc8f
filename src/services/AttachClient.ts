import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InvalidDetachKey } from "../schema/DetachKey.ts"
import type { EndSignal } from "../schema/protocol/Control.ts"
import type { ExitStatus } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"
import type { ConnectionBroken } from "./Connection.ts"
import type { NoSession } from "./NoSession.ts"
import type { AskError } from "./SessionRegistry.ts"
import type { TtyError } from "./Tty.ts"

/** The session's process is gone, without a word of how it ended. */
export class SessionGone extends Schema.TaggedError<SessionGone>()("SessionGone", {
  /** Another host, which has been looked at again. */
  host: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `its process is gone${this.host === undefined ? "" : ", as after a restart of the host"}`
  }
}

/** The session has ended while there was no connection, and another one has its name. */
export class SessionReplaced extends Schema.TaggedError<SessionReplaced>()("SessionReplaced", {}) {
  override get message() {
    return "it has ended, and another session has its name"
  }
}

/** The session has thrown us out. */
export class SessionRefused extends Schema.TaggedError<SessionRefused>()("SessionRefused", {
  /** Its own; not to be trusted. */
  words: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return this.words ?? "it hung up on us"
  }
}

/** The session, or a connection, breaks the protocol: it would not be seen, or typed, what should be. */
export class ProtocolViolated extends Schema.TaggedError<ProtocolViolated>()("ProtocolViolated", {
  what: Schema.Literals(["output missing", "input unknown", "no status"])
}) {
  override get message() {
    switch (this.what) {
      case "output missing":
        return "it left out a part of the output"
      case "input unknown":
        return "it does not know how much of what was typed has come"
      case "no status":
        return "it ended without a status"
    }
  }
}

/** The person who waited for a connection has given it up. */
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

/** In words, for a person or a program that knows which session it is. */
export const reasonOf = (error: AttachFailure): string =>
  error._tag === "ConnectError" || error._tag === "SessionUnresponsive" ? error.reason : error.message

/** How an attachment ended. */
export type AttachEnd =
  /**
   * `key`: the detach key, or Ctrl-C of a client that watches. `other`: somebody else detached it. `end of input`: an
   * input that is no terminal has ended, and all of it was typed.
   */
  | { readonly _tag: "Detached"; readonly by: "key" | "other" | "end of input"; readonly reason?: string }
  | { readonly _tag: "Exited"; readonly status: ExitStatus }
  /** For good: the session's process is gone, its host refuses a new connection, or the user gave up waiting for one. */
  | { readonly _tag: "Lost"; readonly error: AttachFailure }
  | { readonly _tag: "Signal"; readonly signal: EndSignal }

/** The connection of an attachment. `Lost`: the next one is being made; without an error it just ended. */
export type AttachState =
  | { readonly _tag: "Attached" }
  | { readonly _tag: "Lost"; readonly error?: AttachFailure }
  | { readonly _tag: "Resumed" }

export interface AttachOptions {
  readonly name: SessionName
  /** `watch` sees, and never types or resizes. */
  readonly role: "attach" | "watch"
  /** Id of the session when this very process has just created it: then everything since its beginning is shown. */
  readonly created?: string
  /** Runs while the session is connected to. Before it is done the terminal is not touched, and nothing is shown. */
  readonly before?: Effect.Effect<void>
  readonly onState?: (state: AttachState) => Effect.Effect<void>
}

/**
 * Puts a session on the user's terminal. When a connection to another host breaks, the next one is made, for as long as
 * that takes. Output and input go on where they stopped, no byte lost and none twice; where the session no longer has
 * those bytes, the screen is restored.
 */
export class AttachClient extends Context.Service<AttachClient, {
  /** Returns once the terminal is the user's again, restored. */
  readonly attach: (options: AttachOptions) => Effect.Effect<AttachEnd, AskError | TtyError | InvalidDetachKey>
}>()("sesh/services/AttachClient") {}
