import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { ExitStatus, SignalSets, Size } from "../schema/Session.ts"

/** The program was not started: `problem` says what is wrong with `file` or the directory. */
export class PtyError extends Schema.TaggedError<PtyError>()("PtyError", {
  file: Schema.String,
  problem: Schema.String,
  /** "not found" and "not executable" as in shells (status 127 and 126). "other" is not the program's fault. */
  kind: Schema.Literals(["not found", "not executable", "other"]),
  /** The system had too little for it, which may pass: processes, open files, memory, terminals. */
  isShortage: Schema.optionalKey(Schema.Boolean),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `cannot start ${this.file}: ${this.problem}`
  }
}

/**
 * A program to run on a new terminal. `file` is looked up on the PATH of `env` unless it has a slash. All of its texts
 * stand for bytes (ByteString).
 */
export interface PtySpec {
  readonly file: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly size: Size
  /** The modes that the terminal begins with (`struct termios`, as this system has it). Absent: the usual ones. */
  readonly modes?: Buffer
  /** Signals that the program finds blocked and ignored. Absent: none. */
  readonly signals?: SignalSets
}

/** Callbacks, not streams: this is the byte path. They must not throw. */
export interface PtyHandlers {
  /** Output of the program, as the terminal's line discipline passed it on. The handler may keep the buffer. */
  readonly onData: (bytes: Buffer) => void
  /** All input was taken, after a `write` that returned false. */
  readonly onDrain: () => void
  /** The program has ended, and all of its output was handed over. Last. */
  readonly onExit: (status: ExitStatus) => void
}

/** What runs in the terminal's foreground, as far as the system tells. */
export interface Foreground {
  readonly command?: string
  /** By the user's name for it, where the program was started behind a symlink. Absent once it was removed. */
  readonly cwd?: string
}

/** A running program on its own terminal. */
export interface PtyProcess {
  readonly pid: number
  /** The path of its terminal. */
  readonly tty: string
  /** Starts the flow of bytes. Once. */
  readonly listen: (handlers: PtyHandlers) => void
  /** Types bytes into the program. The buffer must not change afterwards. False: wait for `onDrain`. */
  readonly write: (bytes: Buffer) => boolean
  /** While paused, no `onData`: the program blocks once the kernel's buffer is full. */
  readonly pause: () => void
  readonly resume: () => void
  /** Sets the size. The program gets SIGWINCH if it differs. */
  readonly resize: (size: Size) => void
  /** Sends a signal, by name, to every process of the terminal's session; SIGCONT after SIGHUP, as the kernel does. */
  readonly signal: (name: "SIGHUP" | "SIGTERM" | "SIGINT" | "SIGKILL" | "SIGCONT") => void
  /**
   * Calls back once, with nothing after the end. At once where that takes no other process; where it does, as on macOS,
   * within a second, with what was last known when the system does not say.
   */
  readonly foreground: (then: (now: Foreground) => void) => void
}

/** Programs on pseudo-terminals. */
export class Pty extends Context.Service<Pty, {
  /** Starts a program. Closing the scope hangs the terminal up and kills what is left on it. */
  readonly spawn: (spec: PtySpec) => Effect.Effect<PtyProcess, PtyError, Scope.Scope>
}>()("sesh/services/Pty") {}
