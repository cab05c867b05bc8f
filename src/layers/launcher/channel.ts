/** The messages between launcher and daemon, on the daemon's descriptor 3: one line of JSON each way. */
import * as Schema from "effect/Schema"
import { SessionSpec } from "../../schema/Session.ts"

/** The daemon's descriptor of the channel. */
export const LAUNCH_FD = 3

/** The daemon's descriptor of the creator's terminal, if there is one: it asks that for its modes and its size. */
export const TERMINAL_FD = 4

/** The first argument of a daemon. Its second is the session's name, to be seen in a list of processes. */
export const DAEMON_FLAG = "--daemon"

/**
 * A spec. Where the creator's terminal is there, the daemon asks that for its modes and its size in pixels. A launcher
 * that was running when sesh was upgraded sends no environment: the daemon's process has it.
 */
export const LaunchRequest = Schema.fromJsonString(
  SessionSpec.mapFields((fields) => ({
    ...fields,
    env: Schema.optionalKey(fields.env),
    hasTerminal: Schema.optionalKey(Schema.Boolean)
  }))
)

/** How the start went. */
export const LaunchReply = Schema.Union([
  Schema.Struct({
    ok: Schema.Struct({
      /** The session's id. */
      id: Schema.String,
      warning: Schema.optionalKey(Schema.String)
    })
  }),
  /** Another session has the name; `machine`: on that machine. */
  Schema.Struct({ exists: Schema.Literal(true), machine: Schema.optionalKey(Schema.String) }),
  /** The session could not be started: the message for the user. */
  Schema.Struct({
    error: Schema.String,
    /** Left out when it is not the program's fault (`PtyError`). */
    kind: Schema.optionalKey(Schema.Literals(["not found", "not executable"]))
  })
])
export type LaunchReply = typeof LaunchReply.Type

export const LaunchReplyJson = Schema.fromJsonString(LaunchReply)
