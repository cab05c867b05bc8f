import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Size } from "../../schema/Session.ts"
import {
  type LinePart,
  type RestoreOptions,
  VtEngine,
  VtEngineError,
  type VtTerminal
} from "../../services/VtEngine.ts"
import { VtScanner } from "../vt/scanner.ts"
import { oscText } from "../vt/sequence.ts"
import { incomplete } from "../vt/utf8.ts"

const NOTHING = Buffer.alloc(0)

interface Row {
  cells: Array<string>
  /** It goes on from the row before. */
  wrapped: boolean
}

const blank = (): Row => ({ cells: [], wrapped: false })

/**
 * Plain text, CR and LF, every character one column; of sequences the title, the directory, and the two that a restore
 * needs: where to go (CUP) and what to erase (EL).
 */
class PlainTerminal implements VtTerminal {
  private size: Size
  private readonly history: number
  /** The history, then the screen. */
  private rows: Array<Row>
  /** Where the screen begins. */
  private base = 0
  /** As many as there are columns when the next character wraps. */
  private x = 0
  private y = 0
  private readonly reported = new Map<string, string>()
  /** The beginning of a character. */
  private begun: Buffer = NOTHING
  private readonly scanner = new VtScanner({
    text: (bytes, from, to) => this.text(Buffer.concat([this.begun, bytes.subarray(from, to)])),
    sequence: (bytes, from, to) => this.sequence(bytes, from, to)
  })

  constructor(size: Size, history: number) {
    this.size = size
    this.history = history
    this.rows = Array.from({ length: size.rows }, blank)
  }

  write(bytes: Buffer): void {
    this.scanner.push(bytes)
  }

  resize(size: Size): void {
    if (size.cols !== this.size.cols) this.rewrap(size.cols)
    this.size = size
    this.fit()
  }

  restore({ history, over = false, size = this.size }: RestoreOptions): ReadonlyArray<Buffer> {
    const shown = new PlainTerminal(this.size, this.history)
    shown.rows = this.rows.map(({ cells, wrapped }) => ({ cells: [...cells], wrapped }))
    shown.base = this.base
    shown.x = this.x
    shown.y = this.y
    shown.resize({ cols: size.cols, rows: Math.min(size.rows, this.size.rows) })
    const reports = [...this.reported].map(([code, value]) => `\x1b]${code};${value}\x1b\\`).join("")
    const pending = this.begun.length > 0 ? this.begun : this.scanner.pending
    return [
      Buffer.from(reports + shown.picture(over ? 0 : history, size.rows, over)),
      ...(pending.length === 0 ? [] : [pending])
    ]
  }

  lines(): ReadonlyArray<string> {
    const lines: Array<string> = []
    for (const [index, row] of this.rows.entries()) {
      if (row.wrapped && lines.length > 0) lines.push(lines.pop()! + this.rowText(index))
      else lines.push(this.rowText(index))
    }
    while (lines.at(-1) === "") lines.pop()
    return lines
  }

  styled(): ReadonlyArray<string> {
    return this.lines().map((line) => line.replace(/ +$/, ""))
  }

  lineParts(ansi: boolean): ReadonlyArray<LinePart> {
    const lines = ansi ? this.styled() : this.lines()
    return lines.map((text) => ({ text, isBlank: text.trimEnd() === "", ends: true }))
  }

  cursor(): { readonly row: number; readonly column: number } {
    return { row: this.y, column: Math.min(this.x, this.size.cols - 1) }
  }

  scrolls(): boolean {
    return this.scanner.grounded && this.begun.length === 0
  }

  hasScrolled(): boolean {
    return this.base > 0
  }

  wraps(): boolean {
    return true
  }

  title(): string | undefined {
    return this.reported.get("2")
  }

  cwd(): string | undefined {
    return this.reported.get("7")
  }

  leave(): Buffer {
    // CAN: what has begun is not going to end.
    return Buffer.from((this.scanner.grounded ? "" : "\x18") + (this.x === 0 ? "" : "\r\n"))
  }

  dispose(): void {}

  private get row(): Row {
    return this.rows[this.base + this.y]!
  }

  private text(bytes: Buffer): void {
    const end = bytes.length - incomplete(bytes)
    this.begun = Buffer.from(bytes.subarray(end))
    for (const character of bytes.toString("utf8", 0, end)) {
      if (character === "\r") this.x = 0
      else if (character === "\n") this.feed(false)
      else if (character >= " " && character !== "\x7f") this.put(character)
    }
  }

  private put(character: string): void {
    if (this.x === this.size.cols) {
      this.feed(true)
      this.x = 0
    }
    const { cells } = this.row
    while (cells.length < this.x) cells.push(" ")
    cells[this.x++] = character
  }

  private feed(wrapped: boolean): void {
    this.x = Math.min(this.x, this.size.cols - 1)
    if (this.y < this.size.rows - 1) this.y++
    else {
      this.rows.push(blank())
      this.base++
      this.forget()
    }
    this.row.wrapped = wrapped
  }

  private forget(): void {
    const surplus = Math.max(0, this.base - this.history)
    this.rows.splice(0, surplus)
    this.base -= surplus
  }

  private sequence(bytes: Buffer, from: number, to: number): void {
    this.begun = NOTHING
    if (bytes[from + 1] === 0x5d) {
      const [, code, value] = /^([027]);(.*)$/.exec(oscText(bytes, from, to)) ?? []
      if (code !== undefined) this.reported.set(code === "0" ? "2" : code, value!)
      return
    }
    const [, row, column, final] = /^\x1b\[(\d*);?(\d*)([HK])$/.exec(bytes.toString("latin1", from, to)) ?? []
    if (final === "H") {
      this.y = Math.min(Math.max(1, Number(row)), this.size.rows) - 1
      this.x = Math.min(Math.max(1, Number(column)), this.size.cols) - 1
    } else if (final === "K" && row === "") {
      this.row.cells.splice(this.x)
      if (this.x === 0) this.row.wrapped = false
    }
  }

  private rowText(index: number): string {
    const text = this.rows[index]!.cells.join("")
    return this.rows[index + 1]?.wrapped ? text + " ".repeat(this.size.cols - this.rows[index]!.cells.length) : text
  }

  /** The cursor's own line is cut off: a program that is told of the size writes it again. */
  private rewrap(cols: number): void {
    const rows: Array<Row> = []
    let cursor = 0
    for (let from = 0, to = 1; from < this.rows.length; from = to++) {
      while (this.rows[to]?.wrapped) to++
      const at = this.base + this.y
      if (at >= from && at < to) {
        cursor = rows.length + at - from
        rows.push(...this.rows.slice(from, to).map(({ cells, wrapped }) => ({ cells: cells.slice(0, cols), wrapped })))
        continue
      }
      const cells = Array.from({ length: to - from }, (_, index) => [...this.rowText(from + index)]).flat()
      for (let cell = 0; cell === 0 || cell < cells.length; cell += cols) {
        rows.push({ cells: cells.slice(cell, cell + cols), wrapped: cell > 0 })
      }
    }
    this.rows = rows
    // Without a history the screen fills up first.
    this.base = Math.max(0, cursor - (this.base === 0 ? this.size.rows - 1 : this.y))
    this.y = cursor - this.base
    this.x = Math.min(this.x, cols - 1)
  }

  /** Makes the screen as high as it should be: below the cursor if there is room, else at the history's end. */
  private fit(): void {
    const end = () => this.base + this.size.rows
    while (this.rows.length < end()) {
      if (this.base === 0 || this.rows.length > this.base + this.y + 1) this.rows.push(blank())
      else {
        this.base--
        this.y++
      }
    }
    while (this.rows.length > end()) {
      if (this.rows.length > this.base + this.y + 1) this.rows.pop()
      else {
        this.base++
        this.y--
      }
    }
    this.forget()
  }

  /** For a terminal of so many rows. */
  private picture(history: number, height: number, over: boolean): string {
    const { cols, rows } = this.size
    const first = Math.max(0, this.base - history)
    const above = Math.min(this.base - first, height - rows)
    const erased = Array.from({ length: height }, (_, row) => `\x1b[${row + 1};1H\x1b[K`).join("")
    const moved = `${" ".repeat(cols - 1)}\r\x1b[K${"\r\n".repeat(Math.max(1, height - 1))}`
    let bytes = `${over ? erased : moved}\x1b[H`
    for (let index = first; index < this.rows.length; index++) {
      if (index > first && !this.rows[index]!.wrapped) bytes += "\r\n"
      bytes += this.rowText(index)
    }
    if (above > 0) bytes += `\x1b[${height};1H${"\n".repeat(above)}`
    const { column, row } = this.cursor()
    return `${bytes}\x1b[${row + 1};${column + 1}H${this.x === cols ? this.row.cells.at(-1) : ""}`
  }
}

export interface VtEngineFakeOptions {
  /** What is wrong with the engine, if anything: then it makes no terminal. */
  readonly problem?: string
  /** True: whatever a terminal is asked to do, it throws. */
  readonly broken?: () => boolean
}

const breakable = (terminal: VtTerminal, broken: () => boolean): VtTerminal =>
  new Proxy(terminal, {
    get: (target, call) => {
      if (broken()) throw new Error(`${String(call)} broke`)
      const method = Reflect.get(target, call) as (...args: ReadonlyArray<unknown>) => unknown
      return method.bind(target)
    }
  })

/** Terminals that know plain text and little else. */
export const layer = ({ broken = () => false, problem }: VtEngineFakeOptions = {}): Layer.Layer<VtEngine> =>
  Layer.succeed(VtEngine, {
    make: (size, historyLines) =>
      problem === undefined
        ? Effect.sync(() => breakable(new PlainTerminal(size, historyLines), broken))
        : Effect.fail(new VtEngineError({ problem }))
  })
