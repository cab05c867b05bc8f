import * as Schema from "effect/Schema"
import { SessionName } from "./SessionName.ts"

/** The kernel keeps a terminal's size in unsigned shorts (tty_ioctl(2), struct winsize); 0 means "unknown". */
const Cells = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))

/** A terminal's size in character cells. */
export const Size = Schema.Struct({ cols: Cells, rows: Cells })
export type Size = typeof Size.Type

/** What a session gets when nobody's terminal says otherwise: the VT100's size. */
export const DEFAULT_SIZE: Size = { cols: 80, rows: 24 }

/** More than an 8K screen shows of letters that can be read, 5 by 11 pixels: 1,536 columns and 392 rows. Takes 25 MB. */
const LARGEST_SIZE: Size = { cols: 2000, rows: 400 }

/** A size as a session takes it. Every cell takes memory, and a terminal may say anything. */
export const boundedSize = ({ cols, rows }: Size): Size => ({
  cols: Math.min(cols, LARGEST_SIZE.cols),
  rows: Math.min(rows, LARGEST_SIZE.rows)
})

/** How a command ended: with a status, or by a signal. */
export const ExitStatus = Schema.Struct({
  code: Schema.Int,
  signal: Schema.optionalKey(Schema.Int)
})
export type ExitStatus = typeof ExitStatus.Type

/** A shell's way of saying it in one number: the status, or 128 + the signal (POSIX, Shell Command Language 2.8.2). */
export const exitCode = (status: ExitStatus): number => status.signal === undefined ? status.code : 128 + status.signal

/** How a session ended, as it is remembered for a while. Times are milliseconds since the epoch. */
export const Ended = Schema.Struct({
  name: SessionName,
  id: Schema.String,
  at: Schema.Number,
  status: ExitStatus,
  /** Of the command, when the session went on after it. */
  command: Schema.optionalKey(ExitStatus)
})
export type Ended = typeof Ended.Type

/** How long the end of a session is remembered. */
export const REMEMBERED_MS = 3_600_000

/** Remembered still. Clocks are set back a little at times; of one from a far future nothing can be said. */
export const isFresh = ({ at }: Ended, now: number): boolean => Math.abs(now - at) < REMEMBERED_MS

/** A client as a listing shows it. */
export const ClientInfo = Schema.Struct({
  role: Schema.String,
  size: Schema.optionalKey(Size),
  /** The session, under the same directory, in which this client runs. */
  within: Schema.optionalKey(Schema.String)
})
export type ClientInfo = typeof ClientInfo.Type

/** What a session says of itself. Times are milliseconds since the epoch. */
export const SessionInfo = Schema.Struct({
  name: SessionName,
  /** Unlike the name, never used twice. */
  id: Schema.String,
  /** Where it was started. */
  dir: Schema.String,
  /** The command it was started with; absent for the user's shell, and when it is too long to be told. */
  command: Schema.optionalKey(Schema.Array(Schema.String)),
  /** Process id of what leads on its terminal, the shell as a rule. */
  pid: Schema.Int,
  size: Size,
  created: Schema.Number,
  /** When its terminal last saw a byte, in or out. */
  active: Schema.Number,
  /** Attached clients and watchers. */
  clients: Schema.Array(ClientInfo),
  title: Schema.optionalKey(Schema.String),
  /** Working directory of what is in the foreground, where the system tells. */
  cwd: Schema.optionalKey(Schema.String),
  /** What is in the foreground, where the system tells. */
  foreground: Schema.optionalKey(Schema.String)
})
export type SessionInfo = typeof SessionInfo.Type

/** What it takes to start a session. */
export const SessionSpec = Schema.Struct({
  name: SessionName,
  dir: Schema.String,
  /** Program and arguments; absent: `$SHELL`. */
  command: Schema.optionalKey(Schema.Array(Schema.String)),
  env: Schema.Record(Schema.String, Schema.String),
  size: Size,
  /** The creator is about to attach, or to wait for the command: should that end first, keep its output and status. */
  awaited: Schema.Boolean,
  /** The shell is a login shell: nobody has logged in to the machine before it. */
  login: Schema.optionalKey(Schema.Boolean),
  /** After the command a shell goes on in the session, which ends with that one. */
  keep: Schema.optionalKey(Schema.Boolean)
})
export type SessionSpec = typeof SessionSpec.Type
