/** The control payloads: JSON, checked by Schema. Unknown fields are ignored, so that either side may be newer. */
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ExitStatus, SessionInfo, Size } from "../Session.ts"
import { FrameType } from "./Frame.ts"

/** Sides with the same major understand each other; the minor counts additions. */
export const PROTOCOL = { major: 1, minor: 2 } as const

/** The minor that brought `hello.command`, `kill.signal` and the history. */
export const SCRIPTING = 1

/** The minor that brought `hello.resume.only`, `hello.resume.redraw` and `welcome.typed`. */
export const RESUMING = 2

const Version = Schema.Struct({ major: Schema.Int, minor: Schema.Int })

/** Bytes since the session began (output) or since this client began (input). */
const Offset = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

/** What a client wants: `attach` types and sees, `watch` sees, `query` asks, `send` types, `wait` waits for the end. */
export const Role = Schema.Literals(["attach", "watch", "query", "send", "wait"])
export type Role = typeof Role.Type

/** First frame of a client. */
export const Hello = Schema.Struct({
  protocol: Version,
  /** Version of the program, for messages. */
  sesh: Schema.String,
  role: Role,
  /** Kept by a client over its reconnects: the daemon remembers what it accepted from it. */
  client: Schema.String.check(Schema.isMaxLength(64)),
  size: Schema.optionalKey(Size),
  /** Where to go on. Without it: a restore. */
  resume: Schema.optionalKey(Schema.Struct({
    session: Schema.String,
    output: Offset,
    /** Input bytes sent. */
    input: Offset,
    /** This session and no other one of the name: else a refusal, where there would be a restore. */
    only: Schema.optionalKey(Schema.Boolean),
    /**
     * Something that is not the session's stands on the screen: a picture, please, behind the missing bytes. `placed`: but
     * for that, rows are where the session has them.
     */
    redraw: Schema.optionalKey(Schema.Struct({ placed: Schema.Boolean }))
  })),
  /** Real path of the client's ssh-agent socket. */
  agent: Schema.optionalKey(Schema.String),
  /** The session in which the client itself runs. */
  within: Schema.optionalKey(Schema.String),
  /**
   * Who waits means the command of this session, and no other session of the name: as soon as that has ended the last
   * bytes of output are wanted, at most so many.
   */
  command: Schema.optionalKey(Schema.Struct({ session: Schema.String, capture: Offset }))
})
export type Hello = typeof Hello.Type

/** The daemon's answer to `hello`. */
export const Welcome = Schema.Struct({
  protocol: Version,
  sesh: Schema.String,
  info: SessionInfo,
  /** Offset of the next output byte, once the restore is through. */
  output: Offset,
  /** Input bytes of this client accepted so far. */
  input: Offset,
  /** Of these, as many have been typed: what an `ack` says. */
  typed: Schema.optionalKey(Offset),
  /** Input bytes that may be under way, not yet acknowledged. */
  window: Schema.Int,
  /** True: restore frames follow. False: output goes on at the offset that the client gave. */
  restore: Schema.Boolean
})
export type Welcome = typeof Welcome.Type

/** The part of `hello` and `welcome` that every major has: enough to say who is older. */
export const Spoken = Schema.Struct({ protocol: Version, sesh: Schema.String })

/** Client: my terminal has another size. */
export const Resize = Size
export type Resize = Size

/** Client: I go (or, from a query: let all go). Daemon: you were detached. */
export const Detach = Schema.Struct({ reason: Schema.optionalKey(Schema.String) })
export type Detach = typeof Detach.Type

/** What the command can be told to end by. */
export const EndSignal = Schema.Literals(["SIGINT", "SIGTERM", "SIGHUP"])
export type EndSignal = typeof EndSignal.Type

/** Milliseconds from being asked to go to being killed: shells go at once, a program that saves its work gets this long. */
export const GRACE_MS = 3000

/**
 * Client: end the session; who is still there after the grace is killed. With a signal: end what runs, by that signal;
 * a session that outlives its command goes on.
 */
export const Kill = Schema.Struct({
  graceMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000 })),
  signal: Schema.optionalKey(EndSignal)
})
export type Kill = typeof Kill.Type

/** Client: what the session has shown, please. */
export const History = Schema.Struct({
  /** With colours and attributes. */
  ansi: Schema.Boolean
})
export type History = typeof History.Type

/** Daemon: something was refused; the connection ends. */
export const Refusal = Schema.Struct({
  code: Schema.String,
  message: Schema.String
})
export type Refusal = typeof Refusal.Type

/** Codes of {@link Refusal}. */
export const RefusalCode = {
  protocol: "protocol",
  version: "version",
  window: "window",
  full: "full",
  session: "session"
} as const

const payload = <T extends E, E>(type: FrameType, schema: Schema.Codec<T, E>) => {
  const decodeText = Schema.decodeUnknownOption(Schema.fromJsonString(schema))
  return {
    type,
    // What we say ourselves is of the type, and none of these types is written in another way than it is read.
    encode: (value: T): Buffer => Buffer.from(JSON.stringify(value)),
    /** None when it is not what the protocol says. */
    decode: (bytes: Buffer): Option.Option<T> => decodeText(bytes.toString("utf8"))
  }
}

/** Codecs of the control frames, each with its frame type. */
export const Control = {
  hello: payload(FrameType.hello, Hello),
  welcome: payload(FrameType.welcome, Welcome),
  /** Reads only the version of a `hello` or `welcome` from any major. */
  version: payload(FrameType.welcome, Spoken),
  resize: payload(FrameType.resize, Resize),
  detach: payload(FrameType.detach, Detach),
  kill: payload(FrameType.kill, Kill),
  exit: payload(FrameType.exit, ExitStatus),
  error: payload(FrameType.error, Refusal),
  history: payload(FrameType.history, History)
}
