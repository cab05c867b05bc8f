import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { EndSignal } from "../schema/protocol/Control.ts"
import type { ExitStatus } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"
import { messageOf } from "../schema/Text.ts"
import { ProtocolViolated } from "./ProtocolViolated.ts"
import type { AskError } from "./SessionRegistry.ts"
import { SessionReplaced } from "./SessionReplaced.ts"

/** The connection to a session ended before the request was done. */
export class SessionLost extends Schema.TaggedError<SessionLost>()("SessionLost", {
  name: Schema.String,
  /**
   * `gone`: the session hung up without an exit status. `broken`: the connection broke, `cause` is the
   * `ConnectionBroken`. `ended`: the session ended before all was typed. `refused`: it did not take the input.
   * `endless`: its history is longer than any history can be. `replaced`: it ended while there was no connection, and
   * another session has its name. `unknown`: it does not know how much of the input has come, so that to send the rest
   * could type some of it twice.
   */
  why: Schema.Literals(["gone", "broken", "ended", "refused", "endless", "replaced", "unknown"]),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  /** Without the session's name. */
  get reason(): string {
    switch (this.why) {
      case "broken":
        return messageOf(this.cause)
      case "gone":
        return "its process is gone"
      case "ended":
        return "it has ended"
      case "refused":
        return "it refused what was typed"
      case "endless":
        return "its history does not end"
      case "unknown":
        return new ProtocolViolated({ what: "input unknown" }).message
      case "replaced":
        return new SessionReplaced().message
    }
  }
  override get message() {
    return `lost session ${this.name}: ${this.reason}`
  }
}

/** The session's daemon was started by a sesh that does not support this yet. */
export class SessionTooOld extends Schema.TaggedError<SessionTooOld>()("SessionTooOld", {
  name: Schema.String,
  theirs: Schema.String,
  what: Schema.String
}) {
  override get message() {
    return `session ${this.name} was started by sesh ${this.theirs}, which has no ${this.what}: end it and start it again`
  }
}

export type ControlError = AskError | SessionLost | SessionTooOld

/** State of a connection to another host. `Lost`: it broke, and is tried again, however long that takes. */
export type ControlState = { readonly _tag: "Lost"; readonly reason: string } | { readonly _tag: "Resumed" }

export interface WaitOptions {
  readonly name: SessionName
  /**
   * Id of the session, if this process has just created it: no other session of the name counts, and its command is
   * held until a client waits. Waits for that command, which a kept session outlives, not for the session.
   */
  readonly created?: string
  /** How many of the last bytes of the command's output to return; 0 for none. Only with `created`. */
  readonly capture?: number
  readonly onState?: (state: ControlState) => Effect.Effect<void>
}

/** How a session or its command ended. */
export interface Waited {
  readonly status: ExitStatus
  /** The last bytes of the output, raw. Empty if none were asked for; undefined if they are gone with the session. */
  readonly output: ReadonlyArray<Buffer> | undefined
  /** Bytes of output before these. */
  readonly before: number
}

export interface SignalOptions {
  readonly name: SessionName
  /** Id of the session, if this process has created it: no other session of the name counts. */
  readonly created?: string
  readonly signal: EndSignal
  /** Milliseconds until processes that still run are killed. */
  readonly graceMs: number
}

/**
 * What scripts do with sessions, without a terminal. Where a connection to another host breaks, it is made again,
 * however long that takes: to that session, and no other of the name.
 */
export class SessionControl extends Context.Service<SessionControl, {
  /** Waits for the end, without polling. A session that ended within the last hour counts as one that ends now. */
  readonly wait: (options: WaitOptions) => Effect.Effect<Waited, ControlError>
  /**
   * Sends a signal to everything that runs on the session's terminal. Processes that still run after the grace are
   * killed; does not wait for that. Spares the shell that goes on after a kept session's command.
   */
  readonly signal: (options: SignalOptions) => Effect.Effect<void, ControlError>
  /**
   * What the session has shown, oldest first: lines that end in LF, a wrapped line as one. Plain text, or with colours,
   * attributes and links (SGR, OSC 8), each line for itself. See `ScrollbackModel.history`.
   */
  readonly history: (
    name: SessionName,
    options: { readonly ansi: boolean }
  ) => Effect.Effect<ReadonlyArray<Buffer>, ControlError>
  /**
   * Types bytes, as they are. Returns once the terminal has taken all of them. Waits for a program that does not read,
   * and reads no more of the stream meanwhile. If the session ends at the last bytes, that is not a failure. On another
   * host the bytes are numbered: whatever breaks, none is typed twice, and none is left out.
   */
  readonly send: <E>(
    name: SessionName,
    bytes: Stream.Stream<Uint8Array, E>
  ) => Effect.Effect<void, ControlError | E>
}>()("sesh/services/SessionControl") {}
