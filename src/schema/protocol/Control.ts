/** The control payloads: JSON, checked by Schema. Unknown fields are ignored, so that either side may be newer. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Id } from "../Id.ts"
import { ExitStatus, SessionInfo, Size } from "../Session.ts"
import { FrameType } from "./Frame.ts"

/** Sides with the same major understand each other; the minor counts additions. */
export const PROTOCOL = { major: 1, minor: 4 } as const

/** The minor that added `hello.command`, `kill.signal` and the history. */
export const SCRIPTING = 1

/** The minor that added `hello.resume.only`, `hello.resume.redraw` and `welcome.typed`. */
export const RESUMING = 2

/** The minor that added `hello.answers`, `info.tty`, and pings from the daemon. */
export const ANSWERING = 3

/**
 * The minor that added the `agent` frame, `shownIn`, `follow`, and `command.remember` with the `detach` of a client
 * that has the output. The daemon remembers the input of a `send` that has disconnected, and a question to create a
 * session may be asked again.
 */
export const LASTING = 4

const Version = Schema.Struct({ major: Schema.Int, minor: Schema.Int })

/** Bytes since the session began (output) or since this client began (input). */
const Offset = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

/** Most sessions that are named as those in which a client is shown; nobody nests as deep. */
const MAX_SHOWN_IN = 64

/**
 * Ids of the sessions in which a client is shown: the one in which it runs, then those that show that one, and so on,
 * over any number of hosts.
 */
export const ShownIn = Schema.Array(Id).check(Schema.isMaxLength(MAX_SHOWN_IN))
export type ShownIn = typeof ShownIn.Type

/** As many as may be named, the nearest first. */
export const nearest = (ids: Iterable<string>): ShownIn => [...new Set(ids)].slice(0, MAX_SHOWN_IN)

/** What a client does: `attach` types and shows, `watch` shows, `query` asks, `send` types, `wait` waits for an end. */
export const Role = Schema.Literals(["attach", "watch", "query", "send", "wait"])
export type Role = typeof Role.Type

/** First frame of a client. */
export const Hello = Schema.Struct({
  protocol: Version,
  /** Version of the program, for messages. */
  sesh: Schema.String,
  role: Role,
  /** The client's id, the same over its reconnects: the daemon remembers how much input it accepted from it. */
  client: Schema.String.check(Schema.isMaxLength(64)),
  size: Schema.optionalKey(Size),
  /** Where to resume. Without it, the daemon sends a restore. */
  resume: Schema.optionalKey(Schema.Struct({
    session: Schema.String,
    output: Offset,
    /** Input bytes sent. */
    input: Offset,
    /** Only this session, not another one of the name: the daemon then refuses instead of a restore. */
    only: Schema.optionalKey(Schema.Boolean),
    /**
     * Something else is on the terminal's screen: send a redraw after the missing bytes. `placed`: apart from that, the
     * rows are where the session has them.
     */
    redraw: Schema.optionalKey(Schema.Struct({ placed: Schema.Boolean }))
  })),
  /** Path of the client's ssh-agent socket; `agent` tells another one. Also of a `wait` for the command, since 1.4. */
  agent: Schema.optionalKey(Schema.String),
  /**
   * False: no terminal replies to queries, as input or output is none. True: one does, and the client replies to pings.
   * Missing: an older client, which is taken to have a terminal.
   */
  answers: Schema.optionalKey(Schema.Boolean),
  /** Output is no terminal: nobody replies to queries in it, and they need not be blanked. */
  raw: Schema.optionalKey(Schema.Boolean),
  /** The session in which the client itself runs. */
  within: Schema.optionalKey(Schema.String),
  /** The sessions in which the client is shown: a session among them refuses it. Since 1.4. */
  shownIn: Schema.optionalKey(ShownIn),
  /** A `wait` by a client in the session: wants to know where that is shown, and when that changes. Since 1.4. */
  follow: Schema.optionalKey(Schema.Boolean),
  /**
   * A `wait` for the command of this session, not of another one of the name. When the command ends, the daemon sends
   * the last bytes of output, at most `capture`.
   */
  command: Schema.optionalKey(Schema.Struct({
    session: Schema.String,
    capture: Offset,
    /**
     * The client is on another machine, and asks how the session ended if its connection dies: keep the output too,
     * until a `detach` says that the client has it.
     */
    remember: Schema.optionalKey(Schema.Boolean)
  }))
})
export type Hello = typeof Hello.Type

/** The daemon's answer to `hello`. */
export const Welcome = Schema.Struct({
  protocol: Version,
  sesh: Schema.String,
  info: SessionInfo,
  /** Offset of the next output byte after the restore. */
  output: Offset,
  /** Input bytes of this client accepted so far. */
  input: Offset,
  /** How many of these were written to the program, as in an `ack`. */
  typed: Schema.optionalKey(Offset),
  /** How many input bytes may be sent before they are acknowledged. */
  window: Schema.Int,
  /** True: restore frames follow. False: output resumes at the client's offset. */
  restore: Schema.Boolean,
  /** For who follows: this session, and those in which it is shown. Since 1.4. */
  shownIn: Schema.optionalKey(ShownIn)
})
export type Welcome = typeof Welcome.Type

/** The part of `hello` and `welcome` that every major has: enough to say which side is older. */
export const Spoken = Schema.Struct({ protocol: Version, sesh: Schema.String })

/** Client: the terminal's size has changed. */
export const Resize = Size
export type Resize = Size

/**
 * From an attached client: it detaches; from one with `command.remember`: it has the output; from any other: detach all
 * attached ones. From the daemon: you were detached.
 */
export const Detach = Schema.Struct({ reason: Schema.optionalKey(Schema.String) })
export type Detach = typeof Detach.Type

/** Longest reason of a detach, in characters: it is shown in a line. The rest is cut off. */
export const MAX_REASON_CHARACTERS = 1000

/**
 * Client: its ssh-agent is behind this socket, in place of the one in its `hello`. A connection over ssh makes one of
 * its own, which is known only later.
 */
export const Agent = Schema.Struct({
  /** Absolute, on the daemon's machine. */
  path: Schema.String
})
export type Agent = typeof Agent.Type

/** Signals that a client can send to the command. */
export const EndSignal = Schema.Literals(["SIGINT", "SIGTERM", "SIGHUP"])
export type EndSignal = typeof EndSignal.Type

/** Milliseconds that programs have to end before they are killed: enough to save their work. Shells end at once. */
export const GRACE_MS = 3000

/**
 * Client: end the session; processes that still run after the grace are killed. With a signal: end the command with
 * that signal; a session that outlives its command goes on.
 */
export const Kill = Schema.Struct({
  graceMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000 })),
  signal: Schema.optionalKey(EndSignal)
})
export type Kill = typeof Kill.Type

/** Client: send what the session has shown. */
export const History = Schema.Struct({
  /** With colours and attributes. */
  ansi: Schema.Boolean
})
export type History = typeof History.Type

/** Daemon: refuses, and closes the connection. */
export const Refusal = Schema.Struct({
  code: Schema.String,
  message: Schema.String
})
export type Refusal = typeof Refusal.Type

/**
 * From a client: the sessions in which it is shown, in the place of those of its `hello`. From the daemon, to who
 * follows: in the place of those of the `welcome`.
 */
export const NewlyShownIn = Schema.Struct({ shownIn: ShownIn })

/** Codes of {@link Refusal}. */
export const RefusalCode = {
  protocol: "protocol",
  version: "version",
  window: "window",
  full: "full",
  session: "session",
  loop: "loop"
} as const

/**
 * Longest control payload of a client, in bytes: a path of 4,096 characters (PATH_MAX), each as six of JSON, and as
 * much again for what a newer version may add. Reading a longer one would cost time that others wait for.
 */
export const MAX_CONTROL_BYTES = 64 * 1024

const payload = <T extends E, E>(type: FrameType, schema: Schema.Codec<T, E>, maxBytes = Infinity) => {
  const decodeText = Schema.decodeUnknownOption(Schema.fromJsonString(schema))
  return {
    type,
    // Without Schema: the type is checked, and all of these types encode to themselves.
    encode: (value: T): Buffer => Buffer.from(JSON.stringify(value)),
    /** None if it is not a valid payload. */
    decode: (bytes: Buffer): Option.Option<T> =>
      bytes.length > maxBytes ? Option.none() : decodeText(bytes.toString("utf8"))
  }
}

/** Codecs of the control frames, each with its frame type. */
export const Control = {
  hello: payload(FrameType.hello, Hello, MAX_CONTROL_BYTES),
  welcome: payload(FrameType.welcome, Welcome),
  /** Reads only the version of a `hello` or `welcome` from any major. */
  version: payload(FrameType.welcome, Spoken),
  resize: payload(FrameType.resize, Resize, MAX_CONTROL_BYTES),
  detach: payload(FrameType.detach, Detach, MAX_CONTROL_BYTES),
  kill: payload(FrameType.kill, Kill, MAX_CONTROL_BYTES),
  exit: payload(FrameType.exit, ExitStatus),
  error: payload(FrameType.error, Refusal),
  history: payload(FrameType.history, History, MAX_CONTROL_BYTES),
  shownIn: payload(FrameType.shownIn, NewlyShownIn, MAX_CONTROL_BYTES),
  agent: payload(FrameType.agent, Agent, MAX_CONTROL_BYTES)
}
