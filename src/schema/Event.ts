import * as Schema from "effect/Schema"
import { HostName } from "./HostName.ts"
import { SessionName } from "./SessionName.ts"
import { withoutUnseen } from "./Text.ts"

/** The session's host; missing: this machine. */
const host = Schema.optionalKey(HostName)

/** The exit code if no program ran to its end. */
export const NO_EXIT_CODE = -1

/** A sync to a host begins: some files have changed since the last one. */
export const SyncStart = Schema.Struct({ event: Schema.Literal("sync_start"), host: HostName })

/** `bytes`: the size of all files at the path, whether they had to be copied or not. */
export const SyncPathPushed = Schema.Struct({
  event: Schema.Literal("sync_path_pushed"),
  path: Schema.String,
  bytes: Schema.Int
})

/** `exit_code`: of rsync or scp, {@link NO_EXIT_CODE} if none ran; `stderr`: its output, or why none ran. */
export const SyncPathFailed = Schema.Struct({
  event: Schema.Literal("sync_path_failed"),
  path: Schema.String,
  exit_code: Schema.Int,
  stderr: Schema.String
})

/** The path is in the list, but not in the home. Not a failure. */
export const SyncPathSkipped = Schema.Struct({ event: Schema.Literal("sync_path_skipped"), path: Schema.String })

/** A program that copies is missing, here or on the host. The next program is tried for this path, if there is one. */
export const ToolMissing = Schema.Struct({
  event: Schema.Literal("tool_missing"),
  tool: Schema.String,
  path: Schema.String
})

export const SyncDone = Schema.Struct({ event: Schema.Literal("sync_done"), ok: Schema.Boolean })

export const DeployStart = Schema.Struct({ event: Schema.Literal("deploy_start"), host: HostName })

/** `version`: of the sesh on the host now; `way`: how it got there; `from`: what was copied is not that sesh itself. */
export const DeployDone = Schema.Struct({
  event: Schema.Literal("deploy_done"),
  host: HostName,
  version: Schema.String,
  way: Schema.String,
  from: Schema.optionalKey(Schema.String)
})

export const DeployFailed = Schema.Struct({
  event: Schema.Literal("deploy_failed"),
  host: HostName,
  step: Schema.String,
  stderr: Schema.String
})

export const SessionCreated = Schema.Struct({
  event: Schema.Literal("session_created"),
  name: SessionName,
  id: Schema.String,
  host
})

/** `role`: `attach`, or `watch` for one that cannot type. */
export const SessionAttached = Schema.Struct({
  event: Schema.Literal("session_attached"),
  name: SessionName,
  role: Schema.String,
  host
})

/** This client detached, or was detached; the session goes on. */
export const SessionDetached = Schema.Struct({
  event: Schema.Literal("session_detached"),
  name: SessionName,
  reason: Schema.optionalKey(Schema.String),
  host
})

/** `exit_code`: as in a shell, 128 + n for signal n. */
export const SessionEnded = Schema.Struct({
  event: Schema.Literal("session_ended"),
  name: SessionName,
  exit_code: Schema.Int,
  host
})

/** `final`: there is no further retry. */
export const ConnectionLost = Schema.Struct({
  event: Schema.Literal("connection_lost"),
  name: SessionName,
  reason: Schema.String,
  final: Schema.Boolean,
  host
})

/** The lost connection can be made again only by a person who answers the host's questions. */
export const LoginNeeded = Schema.Struct({
  event: Schema.Literal("login_needed"),
  name: SessionName,
  reason: Schema.String,
  host
})

export const ConnectionResumed = Schema.Struct({
  event: Schema.Literal("connection_resumed"),
  name: SessionName,
  host
})

/** Events for programs that embed sesh: docs/event-log.md. */
export const Event = Schema.Union([
  SyncStart,
  SyncPathPushed,
  SyncPathFailed,
  SyncPathSkipped,
  ToolMissing,
  SyncDone,
  DeployStart,
  DeployDone,
  DeployFailed,
  SessionCreated,
  SessionAttached,
  SessionDetached,
  SessionEnded,
  ConnectionLost,
  LoginNeeded,
  ConnectionResumed
])
export type Event = typeof Event.Type

/** RFC 3339, UTC, whole seconds. */
const Timestamp = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/))

/** The fields of every line, beside the event's own. */
export const Stamped = Schema.Struct({ ts: Timestamp, event: Schema.String })

/** Characters of a program's output in an event: a line then fits into an atomic write to a pipe (PIPE_BUF, 4096). */
const EXCERPT_CHARACTERS = { first: 500, last: 500 }

/** A program's output as an event holds it: its beginning, and its end, which has the reason. */
export const excerpt = (said: string): string => {
  const text = said.split("\n").map(withoutUnseen).join("\n").trim()
  return text.length <= EXCERPT_CHARACTERS.first + EXCERPT_CHARACTERS.last
    ? text
    : `${text.slice(0, EXCERPT_CHARACTERS.first).toWellFormed()} ... ${
      text.slice(-EXCERPT_CHARACTERS.last).toWellFormed()
    }`
}

/** Formats a time, in milliseconds since the epoch, for an event. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, "2026-05-12T03:45:01".length)}Z`
