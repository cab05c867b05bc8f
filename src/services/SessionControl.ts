import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { EndSignal } from "../schema/protocol/Control.ts"
import type { ExitStatus } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"
import { messageOf } from "../schema/Text.ts"
import type { AskError } from "./SessionRegistry.ts"

/** The connection to a session ended before what was wanted had come. */
export class SessionLost extends Schema.TaggedError<SessionLost>()("SessionLost", {
  name: Schema.String,
  /**
   * `gone`: the session hung up, and said nothing of an end. `broken`: the connection did, `cause` is the
   * `ConnectionBroken`. `ended`: it ended before it was typed all. `refused`: it did not take what was typed. `endless`:
   * it has more history than anybody could want.
   */
  why: Schema.Literals(["gone", "broken", "ended", "refused", "endless"]),
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
    }
  }
  override get message() {
    return `lost session ${this.name}: ${this.reason}`
  }
}

/** The session's daemon was started by a sesh that did not know of this yet. */
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

export interface WaitOptions {
  readonly name: SessionName
  /**
   * Id of the session when this very process has just created it: then only that one is meant, and its command is held
   * until somebody waits. Waits for that command, which a kept session outlives, and not for the session.
   */
  readonly created?: string
  /** Most bytes of the command's output wanted, the last ones; 0 for none. Only with `created`. */
  readonly capture?: number
}

/** How it ended. */
export interface Waited {
  readonly status: ExitStatus
  /** The last bytes of the output, raw. Empty when none were asked for; undefined when they are gone with the session. */
  readonly output: ReadonlyArray<Buffer> | undefined
  /** Bytes of output before these. */
  readonly before: number
}

export interface SignalOptions {
  readonly name: SessionName
  /** Id of the session when this very process has created it: then only that one is meant. */
  readonly created?: string
  readonly signal: EndSignal
  /** Milliseconds until who is still there is killed. */
  readonly graceMs: number
}

/** What scripts do to sessions. No terminal is involved. */
export class SessionControl extends Context.Service<SessionControl, {
  /** Waits for the end: no polling. A session that ended within the last hour counts as one that ends now. */
  readonly wait: (options: WaitOptions) => Effect.Effect<Waited, ControlError>
  /**
   * Sends a signal to all that runs on the session's terminal. Who is still there after the grace is killed. Does not
   * wait for that. The shell that goes on after a kept session's command is spared.
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
   * Types bytes, as they are. Returns once the terminal has taken all of them; a program that does not read is waited
   * for, and no more of the stream is read meanwhile. A session that ends with the last that it was typed is no failure.
   */
  readonly send: <E>(
    name: SessionName,
    bytes: Stream.Stream<Uint8Array, E>
  ) => Effect.Effect<void, ControlError | E>
}>()("sesh/services/SessionControl") {}
