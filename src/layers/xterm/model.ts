/** The terminal model, over xterm.js. */
import type { Size } from "../../schema/Session.ts"
import { type LinePart, MIN_COLS, type RestoreOptions, type VtTerminal } from "../../services/VtEngine.ts"
import { leave } from "../vt/leave.ts"
import { ModeTracker } from "../vt/modes.ts"
import { incomplete } from "../vt/utf8.ts"
import { lineParts, wholeLines } from "./lines.ts"
import type { Engine, Instance } from "./load.ts"
import { resize, rewrap } from "./resize.ts"
import { serialize } from "./serialize.ts"

/** Bytes of a restore that another terminal parses between two pauses: a millisecond. */
const COPIED_BYTES = 8 * 1024

const PAUSE = Buffer.alloc(0)

export class XtermTerminal implements VtTerminal {
  private readonly engine: Engine
  private readonly instance: Instance
  private readonly modes: ModeTracker
  /** The beginning of a character whose other bytes are still to come. */
  private cutCharacter: Buffer = Buffer.alloc(0)

  constructor(engine: Engine, size: Size, history: number) {
    this.engine = engine
    this.instance = engine.make(Math.max(MIN_COLS, size.cols), size.rows, history)
    this.modes = new ModeTracker(size.rows)
  }

  write(chunk: Buffer): void {
    this.modes.push(chunk)
    // xterm.js loses characters that are cut between two calls (their middle byte 0x80: dashes, quotes).
    const bytes = this.cutCharacter.length === 0 ? chunk : Buffer.concat([this.cutCharacter, chunk])
    const rest = incomplete(bytes)
    this.cutCharacter = Buffer.from(bytes.subarray(bytes.length - rest))
    this.instance.core._inputHandler.parse(rest === 0 ? bytes : bytes.subarray(0, bytes.length - rest))
  }

  resize(size: Size): void {
    resize(this.instance.core, Math.max(MIN_COLS, size.cols), size.rows)
    this.modes.resize(size.rows)
  }

  *restore({ history, over = false, size }: RestoreOptions): Generator<Buffer> {
    const { cols, rows } = this.instance.core
    const lines = over ? 0 : history
    const fits = size === undefined || (Math.max(MIN_COLS, size.cols) === cols && size.rows >= rows)
    if (fits) yield* this.serialize(lines, size?.rows ?? rows, over)
    else yield* this.rewrapped(size, lines, over)
  }

  private serialize(history: number, rows: number, over = false): Generator<Buffer> {
    const { pending } = this.modes
    return serialize({
      core: this.instance.core,
      modes: this.modes,
      designators: this.engine.designators,
      history,
      rows,
      over,
      pending: pending.length === 0 ? this.cutCharacter : pending
    })
  }

  /**
   * A restore for other columns, or for fewer rows: made by a second terminal, which gets a restore of this one and is
   * then resized. It never gets more rows: lines from its history would push down what a program has written at a row.
   */
  private *rewrapped(size: Size, history: number, over: boolean): Generator<Buffer> {
    const { cols, rows } = this.instance.core
    const copy = new XtermTerminal(this.engine, { cols, rows }, history)
    try {
      for (const bytes of this.serialize(history, rows)) {
        for (let at = 0; at < bytes.length; at += COPIED_BYTES) {
          copy.write(bytes.subarray(at, at + COPIED_BYTES))
          yield PAUSE
        }
        yield PAUSE
      }
      if (size.rows < rows) copy.resize(size)
      else rewrap(copy.instance.core, Math.max(MIN_COLS, size.cols))
      yield* copy.serialize(history, size.rows, over)
    } finally {
      copy.dispose()
    }
  }

  lines(): ReadonlyArray<string> {
    return wholeLines(this.lineParts(false))
  }

  styled(): ReadonlyArray<string> {
    return wholeLines(this.lineParts(true))
  }

  lineParts(ansi: boolean): Generator<LinePart> {
    return lineParts(this.instance.core, ansi)
  }

  cursor(): { readonly row: number; readonly column: number } {
    const { buffers, cols } = this.instance.core
    const { active } = buffers
    const top = this.modes.modes.get(6) === true ? active.scrollTop : 0
    return { row: active.y - top, column: Math.min(active.x, cols - 1) }
  }

  scrolls(): boolean {
    const { buffers, coreService, rows } = this.instance.core
    const { active, normal } = buffers
    // Reverse wraparound (45) lets BS move to the row above.
    return active === normal && normal.scrollTop === 0 && normal.scrollBottom === rows - 1 &&
      this.modes.grounded && this.cutCharacter.length === 0 && !coreService.decPrivateModes.reverseWraparound
  }

  hasScrolled(): boolean {
    return this.instance.core.buffers.normal.ybase > 0
  }

  wraps(): boolean {
    return this.instance.core.coreService.decPrivateModes.wraparound
  }

  title(): string | undefined {
    return this.modes.osc.title
  }

  cwd(): string | undefined {
    return this.modes.osc.cwd
  }

  leave(): Buffer {
    return leave(this.modes)
  }

  dispose(): void {
    this.instance.terminal.dispose()
  }
}
