import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { EndSignal } from "../../schema/protocol/Control.ts"
import { DEFAULT_SIZE, type Size } from "../../schema/Session.ts"
import { type OpenTty, Tty, TtyError, type TtyHandlers } from "../../services/Tty.ts"

/** What a terminal takes before it has shown it, roughly. */
const CAPACITY = 64 * 1024

const FLUSH_MS = 1000

/** DSR 5, and the answer that every terminal gives (ECMA-48, DSR). */
const STATUS_QUERY = "\x1b[5n"
const STATUS_REPLY = "\x1b[0n"

/** The person at a fake terminal, and the terminal. Like a real one it calls back in a later turn. */
export class FakeTerminal {
  size: Size | undefined
  /** Between open and the close of the scope. */
  isOpen = false
  /** As {@link isOpen}, if there is a keyboard to be raw. */
  isRaw = false
  /** How often it was opened. */
  opened = 0
  /** Not to be opened: what it says. */
  refusal: string | undefined
  /** False: it answers nothing. */
  answers = true
  /** Told when it was lent: what the person does then, and who asks. */
  onLend: () => void = () => {}
  /** How often it was lent. */
  lent = 0
  /** Told when it is about to be opened. */
  onOpen: () => void = () => {}
  private readonly hasKeyboard: boolean
  private handlers: TtyHandlers | undefined
  private paused = false
  private isLent = false
  private stalled = false
  private owing = false
  private gone = false
  private inputEnd: "open" | "ended" | "told" = "open"
  private typed: Array<Buffer> = []
  private waiting: Array<Buffer> = []
  private readonly shown: Array<Buffer> = []
  private readonly flushes = new Set<() => void>()
  private scheduled = false

  constructor(hasKeyboard: boolean, size: Size | undefined) {
    this.hasKeyboard = hasKeyboard
    this.size = size
  }

  /** All that was shown so far. */
  get screen(): Buffer {
    return Buffer.concat(this.shown)
  }

  /** The program does not want input now. */
  get isPaused(): boolean {
    return this.paused
  }

  type(keys: string | Uint8Array): void {
    this.typed.push(Buffer.from(keys as string))
    this.schedule()
  }

  /** Who was lent the terminal reads what was typed. */
  read(): string {
    if (!this.isLent) throw new Error("the terminal is not lent")
    return Buffer.concat(this.typed.splice(0)).toString()
  }

  /** What is typed is for the program. */
  get isTaken(): boolean {
    return this.isOpen && !this.isLent
  }

  /** No more will be typed: the end of a file or pipe. */
  endInput(): void {
    if (this.inputEnd === "open") this.inputEnd = "ended"
    this.schedule()
  }

  resize(size: Size): void {
    this.size = size
    this.later((handlers) => handlers.onResize(size))
  }

  /** Sends a signal to the program. */
  signal(name: EndSignal): void {
    this.later((handlers) => handlers.onSignal(name))
  }

  /** True: it shows nothing (Ctrl-S), until false. */
  stall(stalled: boolean): void {
    this.stalled = stalled
    this.schedule()
  }

  /** The window is closed. */
  hangUp(): void {
    this.gone = true
    this.waiting = []
    this.endInput()
    this.signal("SIGHUP")
  }

  /** The program's side. */
  open(handlers: TtyHandlers): OpenTty {
    this.isOpen = true
    this.isRaw = this.hasKeyboard
    this.opened++
    this.handlers = handlers
    this.paused = false
    this.schedule()
    return {
      write: (bytes) => this.write(bytes),
      pause: () => {
        this.paused = true
      },
      resume: () => {
        this.paused = false
        this.schedule()
      },
      flush: this.flush,
      lend: (use) =>
        Effect.andThen(
          this.flush,
          Effect.acquireUseRelease(Effect.sync(() => this.give()), () => use, () => Effect.sync(() => this.takeBack()))
        )
    }
  }

  private readonly flush = Effect.callback<void>((resume) => {
    const taken = () => resume(Effect.void)
    if (this.waiting.length === 0) return taken()
    this.flushes.add(taken)
    return Effect.sync(() => this.flushes.delete(taken))
  }).pipe(Effect.timeoutOption(FLUSH_MS), Effect.map(Option.isSome))

  private give(): void {
    this.isLent = true
    this.isRaw = false
    this.lent++
    this.onLend()
  }

  private takeBack(): void {
    this.isLent = false
    this.isRaw = this.hasKeyboard
    this.schedule()
  }

  /** What was not shown by now never is. */
  close(): void {
    this.isOpen = false
    this.isRaw = false
    this.handlers = undefined
    this.waiting = []
    this.owing = false
  }

  private write(bytes: Buffer): boolean {
    if (!this.isOpen || this.gone) return true
    this.waiting.push(bytes)
    if (this.waiting.reduce((sum, { length }) => sum + length, 0) > CAPACITY) this.owing = true
    this.schedule()
    return !this.owing
  }

  private later(tell: (handlers: TtyHandlers) => void): void {
    setImmediate(() => {
      if (this.handlers !== undefined) tell(this.handlers)
    })
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.show()
      this.handOver()
    })
  }

  private show(): void {
    if (this.stalled || this.handlers === undefined) return
    const asked = !this.answers ? 0 : this.waiting.filter((bytes) => bytes.includes(STATUS_QUERY)).length
    this.shown.push(...this.waiting)
    this.waiting = []
    for (let n = 0; n < asked; n++) this.typed.push(Buffer.from(STATUS_REPLY))
    for (const taken of this.flushes) taken()
    this.flushes.clear()
    if (!this.owing) return
    this.owing = false
    this.handlers.onDrain()
  }

  private handOver(): void {
    while (this.mayRead() && this.typed.length > 0) this.handlers!.onInput(this.typed.shift()!)
    if (!this.mayRead() || this.inputEnd !== "ended") return
    this.inputEnd = "told"
    this.handlers!.onEnd()
  }

  /** Handlers pause, and close the scope, from within. */
  private mayRead(): boolean {
    return this.handlers !== undefined && !this.paused && !this.isLent
  }
}

/** The terminal, for tests to sit at. */
export class TtyTestRef extends Context.Service<TtyTestRef, FakeTerminal>()("sesh/layers/testing/TtyTestRef") {}

export interface TtyFakeOptions {
  /** Both are, unless said otherwise. */
  readonly inputIsTerminal?: boolean
  readonly outputIsTerminal?: boolean
  readonly size?: Size
  /** Not told, unless given. */
  readonly modes?: string
}

/** A terminal with a test in front of it. */
export const layer = (options: TtyFakeOptions = {}): Layer.Layer<Tty | TtyTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const { inputIsTerminal = true, modes, outputIsTerminal = true, size = DEFAULT_SIZE } = options
    const isTerminal = inputIsTerminal || outputIsTerminal
    const terminal = new FakeTerminal(inputIsTerminal, isTerminal ? size : undefined)
    const open = Effect.fn("Tty.open")(function*(handlers: TtyHandlers) {
      if (terminal.refusal !== undefined) return yield* new TtyError({ cause: new Error(terminal.refusal) })
      return yield* Effect.acquireRelease(
        Effect.sync(() => {
          terminal.onOpen()
          return terminal.open(handlers)
        }),
        () => Effect.sync(() => terminal.close())
      )
    })
    return Context.make(TtyTestRef, terminal).pipe(
      Context.add(Tty, {
        inputIsTerminal,
        outputIsTerminal,
        size: () => terminal.size,
        modes: () => isTerminal ? modes : undefined,
        open,
        isTaken: () => terminal.isTaken
      })
    )
  }))
