/** What launcher and daemon say to each other on the daemon's descriptor 3: one line of JSON each. */
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { SessionSpec } from "../../schema/Session.ts"

/** Where the daemon finds the launcher. */
export const LAUNCH_FD = 3

/** The first argument of a daemon; its second is the session's name, for those who read lists of processes. */
export const DAEMON_FLAG = "--daemon"

/** A spec without its environment, which the daemon has as its own. */
export const LaunchRequest = Schema.fromJsonString(SessionSpec.mapFields(Struct.omit(["env"])))

/** How it went. */
export const LaunchReply = Schema.Union([
  Schema.Struct({
    ok: Schema.Struct({
      /** The session's id. */
      id: Schema.String,
      warning: Schema.optionalKey(Schema.String)
    })
  }),
  /** Somebody else has the name. */
  Schema.Struct({ exists: Schema.Literal(true) }),
  /** The session could not be started, for people. */
  Schema.Struct({
    error: Schema.String,
    /** Left out: it is not the program's fault (`PtyError`). */
    kind: Schema.optionalKey(Schema.Literals(["not found", "not executable"]))
  })
])
export type LaunchReply = typeof LaunchReply.Type

export const LaunchReplyJson = Schema.fromJsonString(LaunchReply)
