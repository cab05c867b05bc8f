import * as Schema from "effect/Schema"
import { HostName } from "./HostName.ts"
import { SessionName } from "./SessionName.ts"
import { withoutUnseen } from "./Text.ts"

/** Where the session is; missing: here. */
const host = Schema.optionalKey(HostName)

/** Stands for an exit status where no program ran to its end. */
export const NO_EXIT_CODE = -1

/** Files are about to be brought to a host: something of them has changed since the last time. */
export const SyncStart = Schema.Struct({ event: Schema.Literal("sync_start"), host: HostName })

/** `bytes`: of all files at the path, whether they had to travel or not. */
export const SyncPathPushed = Schema.Struct({
  event: Schema.Literal("sync_path_pushed"),
  path: Schema.String,
  bytes: Schema.Int
})

/** `exit_code`: of rsync or scp, {@link NO_EXIT_CODE} when none ran; `stderr`: what was said, or why none ran. */
export const SyncPathFailed = Schema.Struct({
  event: Schema.Literal("sync_path_failed"),
  path: Schema.String,
  exit_code: Schema.Int,
  stderr: Schema.String
})

/** The path is in the list, and not in the home. No failure. */
export const SyncPathSkipped = Schema.Struct({ event: Schema.Literal("sync_path_skipped"), path: Schema.String })

/** A program that copies is not here, or not on the host: for this path the next one is tried, if there is one. */
export const ToolMissing = Schema.Struct({
  event: Schema.Literal("tool_missing"),
  tool: Schema.String,
  path: Schema.String
})

export const SyncDone = Schema.Struct({ event: Schema.Literal("sync_done"), ok: Schema.Boolean })

export const DeployStart = Schema.Struct({ event: Schema.Literal("deploy_start"), host: HostName })

/** `version`: of the sesh that is there now; `way`: how it came there. */
export const DeployDone = Schema.Struct({
  event: Schema.Literal("deploy_done"),
  host: HostName,
  version: Schema.String,
  way: Schema.String
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

/** This client left, or had to; the session goes on. */
export const SessionDetached = Schema.Struct({
  event: Schema.Literal("session_detached"),
  name: SessionName,
  reason: Schema.optionalKey(Schema.String),
  host
})

/** `exit_code`: as a shell says it, 128 + n for signal n. */
export const SessionEnded = Schema.Struct({
  event: Schema.Literal("session_ended"),
  name: SessionName,
  exit_code: Schema.Int,
  host
})

/** `final`: it is not tried again. */
export const ConnectionLost = Schema.Struct({
  event: Schema.Literal("connection_lost"),
  name: SessionName,
  reason: Schema.String,
  final: Schema.Boolean,
  host
})

export const ConnectionResumed = Schema.Struct({
  event: Schema.Literal("connection_resumed"),
  name: SessionName,
  host
})

/** What programs that embed sesh may want to know: docs/event-log.md. */
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
  ConnectionResumed
])
export type Event = typeof Event.Type

/** RFC 3339, UTC, whole seconds. */
const Timestamp = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/))

/** What every line has; the event's own fields beside it. */
export const Stamped = Schema.Struct({ ts: Timestamp, event: Schema.String })

/** Characters of a program's words that an event holds: a line then fits into what a pipe takes in one piece (PIPE_BUF, 4096). */
const WORDS = { first: 500, last: 500 }

/** What a program said, as an event holds it: its lines, the beginning and the end, where the reason is. */
export const excerpt = (said: string): string => {
  const text = said.split("\n").map(withoutUnseen).join("\n").trim()
  return text.length <= WORDS.first + WORDS.last
    ? text
    : `${text.slice(0, WORDS.first).toWellFormed()} ... ${text.slice(-WORDS.last).toWellFormed()}`
}

/** A time in milliseconds since the epoch, as events say it. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, "2026-05-12T03:45:01".length)}Z`
