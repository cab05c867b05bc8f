import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ExitStatus, isSameSize, type Size } from "../../schema/Session.ts"
import { SIGNAL_NUMBERS } from "../../schema/Signal.ts"
import { type Foreground, Pty, PtyError, type PtyHandlers, type PtyProcess, type PtySpec } from "../../services/Pty.ts"

/** What a real terminal holds for a program that does not read, roughly. */
const CAPACITY = 64 * 1024

type Signal = keyof typeof SIGNAL_NUMBERS | "SIGCONT"

const FIRST_PID = 1000

/** A program on a fake terminal, as the test that plays it sees it. Like a real one it calls back in a later turn. */
export class FakeProgram {
  readonly spec: PtySpec
  readonly pid: number
  /** Sizes its terminal had, the first one included. */
  readonly sizes: Array<Size>
  /** What was sent to it. The end of the scope sends SIGHUP, and SIGKILL if that does not help. */
  readonly signals: Array<Signal> = []
  /** In the foreground of its terminal. */
  foreground: Foreground
  /** Told when its foreground is asked for: `answer` tells it. */
  onForeground: (answer: () => void) => void = (answer) => answer()
  /** Signals other than SIGKILL do not end it. */
  deaf = false
  /** Told what is typed, when it reads it. */
  onTyped: (bytes: Buffer) => void = () => {}
  onResize: (size: Size) => void = () => {}
  /** Told of a signal before it takes effect. */
  onSignal: (name: Signal) => void = () => {}
  private handlers: PtyHandlers | undefined
  private paused = false
  private closed = false
  private status: ExitStatus | undefined
  private told = false
  private output: Array<Buffer> = []
  private readonly read: Array<Buffer> = []
  private arrived: Array<Buffer> = []
  private stalled = false
  private owing = false
  private scheduled = false

  constructor(spec: PtySpec, pid: number) {
    this.spec = spec
    this.pid = pid
    this.sizes = [spec.size]
    this.foreground = { command: [spec.file, ...spec.args].join(" "), cwd: spec.cwd }
  }

  /** It has neither ended nor been hung up on. */
  get isRunning(): boolean {
    return this.status === undefined && !this.closed
  }

  /** The session does not want output now. */
  get isPaused(): boolean {
    return this.paused
  }

  /** All it has read of what was typed. */
  get typed(): Buffer {
    return Buffer.concat(this.read)
  }

  /** As many bytes are in {@link typed}. */
  get typedBytes(): number {
    return this.read.reduce((sum, bytes) => sum + bytes.length, 0)
  }

  /** Output bytes that were not yet handed over. */
  get unread(): number {
    return this.output.reduce((sum, bytes) => sum + bytes.length, 0)
  }

  /** Writes to its terminal. */
  print(output: string | Uint8Array): void {
    if (!this.isRunning || output.length === 0) return
    this.output.push(Buffer.from(output as string))
    this.schedule()
  }

  /** Ends. What it printed still arrives first. */
  exit(status: ExitStatus | number): void {
    if (!this.isRunning) return
    this.status = typeof status === "number" ? { code: status } : status
    this.schedule()
  }

  /** True: it reads nothing, until false. */
  stall(stalled: boolean): void {
    this.stalled = stalled
    this.schedule()
  }

  /** The session's side of it. */
  readonly process = (): PtyProcess => ({
    pid: this.pid,
    tty: `/dev/pts/${this.pid}`,
    listen: (handlers) => {
      this.handlers = handlers
      this.schedule()
    },
    write: (bytes) => {
      if (!this.isRunning) return true
      this.arrived.push(bytes)
      this.schedule()
      if (this.arrived.reduce((sum, bytes) => sum + bytes.length, 0) > CAPACITY) this.owing = true
      return !this.owing
    },
    pause: () => {
      this.paused = true
    },
    resume: () => {
      this.paused = false
      this.schedule()
    },
    resize: (size) => {
      const last = this.sizes.at(-1)!
      if (!this.isRunning || isSameSize(last, size)) return
      this.sizes.push(size)
      this.onResize(size)
    },
    signal: (name) => this.signal(name),
    foreground: (then) => this.onForeground(() => then(this.isRunning ? this.foreground : {}))
  })

  /** The scope has closed: no handler is called any more. */
  close(): void {
    this.signal("SIGHUP")
    this.signal("SIGKILL")
    this.closed = true
  }

  private signal(name: Signal): void {
    if (!this.isRunning) return
    this.signals.push(name)
    this.onSignal(name)
    if (name === "SIGCONT" || (this.deaf && name !== "SIGKILL")) return
    this.exit({ code: 0, signal: SIGNAL_NUMBERS[name] })
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.turn()
    })
  }

  private turn(): void {
    if (this.closed) return
    if (!this.stalled) this.readTyped()
    const { handlers } = this
    if (handlers === undefined) return
    if (this.owing && this.arrived.length === 0) {
      this.owing = false
      handlers.onDrain()
    }
    while (!this.isHeld() && this.output.length > 0) handlers.onData(this.output.shift()!)
    if (this.isHeld() || this.status === undefined || this.told) return
    this.told = true
    handlers.onExit(this.status)
  }

  /** Handlers pause, and close the scope, from within. */
  private isHeld(): boolean {
    return this.paused || this.closed
  }

  private readTyped(): void {
    while (this.arrived.length > 0) {
      const bytes = this.arrived.shift()!
      // Nobody is left to read it, but it was taken.
      if (!this.isRunning) continue
      this.read.push(bytes)
      this.onTyped(bytes)
    }
  }
}

/** What was started, for tests to play. */
export class PtyTestRef extends Context.Service<PtyTestRef, {
  /** In the order in which they were started. */
  readonly all: ReadonlyArray<FakeProgram>
  /** The one started last; throws when there is none. */
  readonly last: () => FakeProgram
}>()("sesh/layers/testing/PtyTestRef") {}

export interface PtyFakeOptions {
  /** Plays each program from its start. Without it they do nothing until the test makes them. */
  readonly play?: (program: FakeProgram) => void
  /** What is wrong with a spec, if anything: then nothing is started. */
  readonly problem?: (spec: PtySpec) => string | Pick<PtyError, "problem" | "kind" | "isShortage"> | undefined
}

/** Terminals whose programs are played by the test. */
export const layer = (options: PtyFakeOptions = {}): Layer.Layer<Pty | PtyTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const all: Array<FakeProgram> = []
    const start = (spec: PtySpec): FakeProgram => {
      const program = new FakeProgram(spec, FIRST_PID + all.length)
      all.push(program)
      options.play?.(program)
      return program
    }
    const spawn = Effect.fn("Pty.spawn")(function*(spec: PtySpec) {
      const problem = options.problem?.(spec)
      if (typeof problem === "string") return yield* new PtyError({ file: spec.file, problem, kind: "other" })
      if (problem !== undefined) return yield* new PtyError({ file: spec.file, ...problem })
      const program = yield* Effect.acquireRelease(
        Effect.sync(() => start(spec)),
        (program) => Effect.sync(() => program.close())
      )
      return program.process()
    })
    const last = () => {
      const program = all.at(-1)
      if (program === undefined) throw new Error("nothing was started")
      return program
    }
    return Context.make(PtyTestRef, { all, last }).pipe(Context.add(Pty, { spawn }))
  }))
