import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { Size } from "../../schema/Session.ts"
import { readScrollback } from "../../schema/Variables.ts"
import { Caller } from "../../services/Caller.ts"
import {
  type Picture,
  type PicturePart,
  Scrollback,
  type ScrollbackModel,
  type TerminalReport
} from "../../services/Scrollback.ts"
import { VtEngine, type VtTerminal } from "../../services/VtEngine.ts"
import { Backlog } from "./backlog.ts"
import { historyPieces } from "./historyBytes.ts"
import { Lag } from "./lag.ts"
import { RawScrollback } from "./rawScrollback.ts"
import { RING_BYTES } from "./ScrollbackRing.ts"
import { type Result, Slices } from "./slices.ts"

/** Lines of history kept: more than tmux's 2,000, in 10 MB at 80 columns (npm run bench -- memory). */
export const DEFAULT_HISTORY_LINES = 5000

/** Most lines of history in a restore: 200 KB of log lines. */
const REPLAY_LINES = 2000

/** More than this is parsed at once, however long it takes: the ring would no longer hold it. */
const MAX_BACKLOG_BYTES = RING_BYTES * 3 / 4

/** How often output is parsed, unless it floods. */
const IDLE_MS = 20

/** More output than this in `IDLE_MS` is a flood, and is parsed later: 3 MB/s. */
const BUSY_BYTES = 64 * 1024

/** How long parsing may block the event loop. */
const SLICE_MS = 4

/** How long queries for the cursor may make parsing block at once, and which part of the time in the long run. */
const CURSOR_MS = 16
const CURSOR_PART = 0.2

/** The engine is loaded this long after the session was made: by then its shell is starting. */
const LOAD_MS = 50

interface Options {
  readonly size: Size
  readonly history: number
  /** Loads the engine; undefined if it is not available. */
  readonly load: (then: (terminal: VtTerminal | undefined) => void) => void
  /** The model has failed and is no longer used. */
  readonly onFailure: (cause: unknown) => void
}

class TerminalScrollback implements ScrollbackModel {
  private readonly raw: RawScrollback
  private readonly backlog: Backlog
  private readonly slices = new Slices(() => this.onSlicesEnd())
  /** A picture is being made of the model: it takes no output. */
  private isFrozen = false
  private readonly options: Options
  private terminal: VtTerminal | undefined
  private failed = false
  private timer: ReturnType<typeof setTimeout> | undefined
  private sinceTick = 0
  /** Left of {@link CURSOR_MS}, and since when. */
  private cursorMs = CURSOR_MS
  private cursorAt = 0
  private isLoading = false
  private readonly lag: Lag

  constructor(options: Options) {
    this.options = options
    this.raw = new RawScrollback(options.size, RING_BYTES)
    this.backlog = new Backlog({ ring: this.raw.ring, size: options.size, history: options.history })
    this.lag = new Lag(this.backlog)
    this.later(LOAD_MS, () => this.load())
  }

  listen(onBehind: (isBehind: boolean) => void): void {
    this.lag.listen(onBehind)
  }

  offset(): number {
    return this.raw.offset()
  }

  append(bytes: Buffer): void {
    const { backlog, raw } = this
    const room = MAX_BACKLOG_BYTES - bytes.length
    if (!this.failed && backlog.bytes > room) {
      if (this.isFrozen) this.slices.settle()
      this.attempt((terminal) => backlog.makeRoom(terminal, Math.max(0, room)))
    }
    const before = raw.modes.effort
    raw.append(bytes)
    if (this.failed) return
    backlog.weigh(bytes.length, raw.modes.effort - before)
    if (raw.offset() >= backlog.countAt) this.attempt((terminal) => backlog.count(terminal))
    this.sinceTick += bytes.length
    if (this.lag.isTooLong(this.terminal)) this.fallBehind()
    if (this.terminal !== undefined && this.timer === undefined) this.schedule(IDLE_MS)
  }

  expectEcho(): void {
    this.lag.expectEcho()
  }

  resize(size: Size): void {
    this.raw.resize(size)
    if (!this.failed) this.backlog.resize(size)
  }

  restore({ history = true, ...rest }: Parameters<ScrollbackModel["restore"]>[0] = {}): ReadonlyArray<Buffer> {
    return this.now({ kind: "restore", history, ...rest }) ?? []
  }

  redraw(options: Parameters<ScrollbackModel["redraw"]>[0]): ReadonlyArray<Buffer> | undefined {
    return this.now({ kind: "redraw", ...options })
  }

  since(offset: number): ReadonlyArray<Buffer> | undefined {
    return this.raw.since(offset)
  }

  first(): number {
    return this.raw.first()
  }

  history(options: { readonly ansi: boolean }): ReadonlyArray<Buffer> {
    return this.now({ kind: "history", ...options }) ?? []
  }

  inSlices(picture: Picture, then: (part: PicturePart) => void): () => void {
    return this.slices.add(this.steps(picture, then))
  }

  settle(): void {
    this.slices.settle()
  }

  leave(): Buffer {
    return this.raw.leave()
  }

  report(): TerminalReport {
    const report = this.raw.report()
    const cursor = () => this.cursor() ?? report.cursor
    const { colour, cursorShape, keyboard, mode, otherKeys, size } = report
    return {
      colour,
      cursorShape,
      keyboard,
      mode,
      otherKeys,
      size,
      // Only a query for it has to wait for the model.
      get cursor() {
        return cursor()
      }
    }
  }

  private load(): void {
    if (this.isLoading) return
    this.isLoading = true
    this.options.load((terminal) => this.loaded(terminal))
  }

  private loaded(terminal: VtTerminal | undefined): void {
    if (terminal === undefined) return this.fail(undefined)
    if (this.failed) return terminal.dispose()
    this.terminal = terminal
    // More output came meanwhile than the ring holds, and it was not plain text.
    if (this.backlog.hasGap) this.backlog.resumeAfterGap(Buffer.from(this.raw.currentModes()))
    this.schedule(0)
  }

  /** Too much is not parsed yet: no more comes before the model has caught up, in slices. */
  private fallBehind(): void {
    if (!this.isFrozen) this.attempt((terminal) => this.backlog.skip(terminal))
    if (this.failed || !this.lag.isTooLong(this.terminal)) return
    this.lag.begin()
    if (this.terminal === undefined) return this.load()
    clearTimeout(this.timer)
    this.schedule(0)
  }

  /** Where the cursor is, by the model; undefined where it would take long to know. */
  private cursor(): TerminalReport["cursor"] | undefined {
    if (this.terminal === undefined || this.isFrozen) return undefined
    const begun = performance.now()
    this.cursorMs = Math.min(CURSOR_MS, this.cursorMs + (begun - this.cursorAt) * CURSOR_PART)
    this.cursorAt = begun
    if (this.backlog.effortMs > this.cursorMs) return undefined
    const cursor = this.attempt((terminal) => {
      this.backlog.parse(terminal!, () => false)
      return terminal!.cursor()
    })
    this.lag.end()
    this.cursorMs -= performance.now() - begun
    return cursor
  }

  private now(picture: Picture): ReadonlyArray<Buffer> | undefined {
    const parts: Array<ReadonlyArray<Buffer> | undefined> = []
    this.inSlices(picture, ({ bytes }) => void parts.push(bytes))
    this.settle()
    return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? [])
  }

  /** Makes a picture: parses the output up to now, then holds the model as it is. */
  private *steps(picture: Picture, then: (part: PicturePart) => void): Generator<Result, Result> {
    const { backlog, raw } = this
    const target = raw.offset()
    const isEmpty = target === 0 && picture.kind !== "redraw"
    let hasBegun = false
    let last: PicturePart | undefined
    try {
      while (this.terminal !== undefined && backlog.parseTo(this.terminal, target)) yield undefined
      if (this.terminal !== undefined && !isEmpty) {
        this.isFrozen = true
        const offset = backlog.parsedTo
        let bytes: Array<Buffer> | undefined = picture.kind === "redraw" ? undefined : []
        for (const piece of this.pieces(picture, this.terminal)) {
          bytes ??= []
          if (piece.length > 0) bytes.push(piece)
          if (picture.kind !== "history" || bytes.length === 0) {
            yield undefined
            continue
          }
          const part = { bytes, offset, isLast: false }
          hasBegun = true
          bytes = []
          yield () => then(part)
        }
        last = { bytes, offset, isLast: true }
      }
    } catch (cause) {
      this.fail(cause)
    } finally {
      this.isFrozen = false
    }
    if (last === undefined && !isEmpty && !hasBegun) return yield* raw.steps(picture, then)
    const part = last ?? { bytes: [], offset: raw.offset(), isLast: true }
    return () => then(part)
  }

  private pieces(picture: Picture, terminal: VtTerminal): Iterable<Buffer> {
    if (picture.kind === "history") return historyPieces(terminal.lineParts(picture.ansi), picture.ansi)
    const size = picture.size === undefined ? {} : { size: picture.size }
    if (picture.kind === "restore") {
      return terminal.restore({ history: picture.history ? Math.min(REPLAY_LINES, this.options.history) : 0, ...size })
    }
    return picture.placed || terminal.hasScrolled() ? terminal.restore({ history: 0, over: true, ...size }) : []
  }

  /** What came meanwhile is parsed now. */
  private onSlicesEnd(): void {
    if (this.terminal === undefined) return
    clearTimeout(this.timer)
    this.schedule(0)
  }

  private attempt<A>(use: (terminal: VtTerminal | undefined) => A): A | undefined {
    try {
      return use(this.terminal)
    } catch (cause) {
      this.fail(cause)
      return undefined
    }
  }

  /** From here on only raw bytes are used: a model that has failed once may show anything. */
  private fail(cause: unknown): void {
    const { terminal } = this
    this.failed = true
    this.terminal = undefined
    clearTimeout(this.timer)
    this.lag.end()
    if (cause !== undefined) this.options.onFailure(cause)
    try {
      terminal?.dispose()
    } catch {
      // It is broken, and no longer used.
    }
  }

  private schedule(ms: number): void {
    this.timer = this.later(ms, () => {
      this.timer = undefined
      const busy = this.sinceTick > BUSY_BYTES
      this.sinceTick = 0
      if (this.terminal === undefined || this.slices.isBusy) return
      if (busy && !this.lag.isBehind) return this.schedule(IDLE_MS)
      const end = performance.now() + SLICE_MS
      this.attempt((terminal) => this.backlog.parse(terminal!, () => performance.now() >= end))
      this.lag.shrink(this.terminal)
      if (!this.failed && !this.backlog.empty) this.schedule(this.lag.isBehind ? 0 : 1)
    })
  }

  /** A timer that does not keep the process alive. */
  private later(ms: number, run: () => void): ReturnType<typeof setTimeout> {
    const timer = setTimeout(run, ms)
    timer.unref()
    return timer
  }
}

/** `SESH_SCROLLBACK` as lines of history. A value that means nothing was refused before. */
export const historyLines = (text: string | undefined): number => {
  const lines = readScrollback(text)
  return typeof lines === "number" ? lines : DEFAULT_HISTORY_LINES
}

/**
 * A terminal model that parses output when there is time. Raw bytes replace it before it is loaded, after it has
 * failed, and always with `SESH_SCROLLBACK=0`.
 */
export const layer: Layer.Layer<Scrollback, never, VtEngine | Caller> = Layer.effect(
  Scrollback,
  Effect.gen(function*() {
    const engine = yield* VtEngine
    const { env } = yield* Caller
    const history = historyLines(env["SESH_SCROLLBACK"])
    const make = Effect.fn("Scrollback.make")(function*(size: Size) {
      if (history === 0) return new RawScrollback(size, RING_BYTES)
      const run = Effect.runForkWith(yield* Effect.context())
      const load = (then: (terminal: VtTerminal | undefined) => void) =>
        void run(
          engine.make(size, history).pipe(
            Effect.tapError((error) => Effect.logWarning(error.message)),
            Effect.exit,
            Effect.map((exit) => then(Exit.isSuccess(exit) ? exit.value : undefined))
          )
        )
      const onFailure = (cause: unknown) =>
        void run(Effect.logWarning("the terminal model failed, the screen is restored from raw bytes", cause))
      return new TerminalScrollback({ size, history, load, onFailure })
    })
    return { make }
  })
)
