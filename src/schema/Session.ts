import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { Id } from "./Id.ts"
import { DaemonProcess } from "./Machine.ts"
import { SessionName } from "./SessionName.ts"
import { SIGNAL_NUMBERS } from "./Signal.ts"

/** The kernel keeps a terminal's size in unsigned shorts (tty_ioctl(2), struct winsize); 0 means "unknown". */
const Cells = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))

const Pixels = Schema.optionalKey(Cells)

/** A terminal's size in character cells, and in pixels where the terminal tells them: programs that show images ask. */
export const Size = Schema.Struct({ cols: Cells, rows: Cells, width: Pixels, height: Pixels })
export type Size = typeof Size.Type

/** Whether a terminal of one size shows the same lines as one of the other. */
export const hasSameCells = (one: Size, other: Size): boolean => one.cols === other.cols && one.rows === other.rows

export const isSameSize = (one: Size, other: Size): boolean =>
  hasSameCells(one, other) && one.width === other.width && one.height === other.height

/** The size of a session without a terminal: the VT100's. */
export const DEFAULT_SIZE: Size = { cols: 80, rows: 24 }

/** More than an 8K screen shows in the smallest legible font, 5 by 11 pixels: 1,536 by 392. Takes 25 MB. */
const LARGEST_SIZE: Size = { cols: 2000, rows: 400 }

/** Limits a size: every cell takes memory, and a terminal may claim any size. */
export const boundedSize = (size: Size): Size =>
  size.cols <= LARGEST_SIZE.cols && size.rows <= LARGEST_SIZE.rows
    ? size
    : { cols: Math.min(size.cols, LARGEST_SIZE.cols), rows: Math.min(size.rows, LARGEST_SIZE.rows) }

/** How a command ended: with a status, or by a signal. */
export const ExitStatus = Schema.Struct({
  code: Schema.Int,
  signal: Schema.optionalKey(Schema.Int)
})
export type ExitStatus = typeof ExitStatus.Type

/** The one number that a shell makes of it: the status, or 128 + the signal (POSIX, Shell Command Language 2.8.2). */
export const exitCode = (status: ExitStatus): number => status.signal === undefined ? status.code : 128 + status.signal

/** The same number, after an end by that signal. */
export const exitCodeOf = (signal: keyof typeof SIGNAL_NUMBERS): number =>
  exitCode({ code: 0, signal: SIGNAL_NUMBERS[signal] })

/** The last output of a command, which its creator did not get because the connection was dead. */
export const EndedOutput = Schema.Struct({
  /** Bytes of output before these. */
  before: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  base64: Schema.String
})
export type EndedOutput = typeof EndedOutput.Type

/** How a session ended, as it is remembered for a while. Times are milliseconds since the epoch. */
export const Ended = Schema.Struct({
  name: SessionName,
  id: Schema.String,
  at: Schema.Number,
  status: ExitStatus,
  /** The command's status, if the session went on after it. */
  command: Schema.optionalKey(ExitStatus),
  output: Schema.optionalKey(EndedOutput)
})
export type Ended = typeof Ended.Type

/** How long the end of a session is remembered. */
export const REMEMBERED_MS = 3_600_000

/** Whether the end is still remembered. Allows for clocks that were set back; ignores an end far in the future. */
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
  /** Unlike a name, never used twice. */
  id: Schema.String,
  /** Where it was started. */
  dir: Schema.String,
  /** The command it was started with; absent for the user's shell, and if it is too long to send. */
  command: Schema.optionalKey(Schema.Array(Schema.String)),
  /** There is one, and it is too long to send. Missing from sessions before 1.3. */
  hasLongCommand: Schema.optionalKey(Schema.Literal(true)),
  /** Process id of its terminal's session leader, usually the shell. */
  pid: Schema.Int,
  /** The path of that terminal. Missing from older sessions. */
  tty: Schema.optionalKey(Schema.String),
  size: Size,
  created: Schema.Number,
  /** When its terminal last saw a byte, in or out. */
  active: Schema.Number,
  /** Attached clients and watchers. */
  clients: Schema.Array(ClientInfo),
  title: Schema.optionalKey(Schema.String),
  /** Working directory of the foreground process, if the system tells it. */
  cwd: Schema.optionalKey(Schema.String),
  /** The foreground process, if the system tells it. */
  foreground: Schema.optionalKey(Schema.String)
})
export type SessionInfo = typeof SessionInfo.Type

/**
 * The file beside a session's socket: what the session said of itself when it was created, and its process. Without the
 * process: an older sesh wrote it.
 */
export const SessionDescription = SessionInfo.mapFields(Struct.assign({ daemon: Schema.optionalKey(DaemonProcess) }))
export type SessionDescription = typeof SessionDescription.Type

/** That with the longest command that is listed, each of its characters as six bytes of JSON. */
export const MAX_DESCRIPTION_BYTES = 512 * 1024

/** A set of signals as Linux has it, in hexadecimal: signal 1 is the lowest bit (proc_pid_status(5), SigBlk). */
const SignalSet = Schema.String.check(Schema.isPattern(/^[0-9a-f]{1,16}$/))

/** The signals that a program finds blocked and ignored. */
export const SignalSets = Schema.Struct({ blocked: SignalSet, ignored: SignalSet })
export type SignalSets = typeof SignalSets.Type

/** Modes of a terminal: Linux' `struct termios`, in hexadecimal. */
export const TerminalModes = Schema.String.check(Schema.isPattern(/^([0-9a-f]{2}){1,64}$/))

/** How to start a session. Directory, command and environment stand for bytes (ByteString). */
export const SessionSpec = Schema.Struct({
  name: SessionName,
  /** Its id, if who asked for it has chosen one: so that asking again makes no second session. */
  id: Schema.optionalKey(Id),
  dir: Schema.String,
  /** Program and arguments; absent: `$SHELL`. */
  command: Schema.optionalKey(Schema.Array(Schema.String)),
  env: Schema.Record(Schema.String, Schema.String),
  size: Size,
  /** Those of the creator's terminal. */
  modes: Schema.optionalKey(TerminalModes),
  /** Those that the creator was started with; absent: none. */
  signals: Schema.optionalKey(SignalSets),
  /** The creator is about to attach, or to wait for the command. If that ends first, keep its output and status. */
  awaited: Schema.Boolean,
  /** Start a login shell: the user has not logged in to this machine before. */
  login: Schema.optionalKey(Schema.Boolean),
  /** Start a shell after the command; the session ends when the shell does. */
  keep: Schema.optionalKey(Schema.Boolean)
})
export type SessionSpec = typeof SessionSpec.Type
