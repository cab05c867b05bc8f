/** Writes cells as the bytes that make another terminal show them, keeping track of that terminal's pen. */
import type { Attributes, Core, Extended, Line } from "./internals.ts"
import * as Xterm from "./internals.ts"
import { sgr } from "./sgr.ts"

const PLAIN = sgr(0, 0, 0)

/** Of the extended word, what a cell shows. */
const SHOWN = 7 << Xterm.STYLE_SHIFT | Xterm.COLOUR

/** The grapheme state after plain text: no class, one column (common/services/UnicodeService.ts). */
const PLAIN_CHARACTER = 1 << 1

const blank = (line: Line, x: number): boolean => {
  const content = line._data[x * Xterm.CELL]!
  return (content & Xterm.CONTENT) === 0
}

const widthAt = (line: Line, x: number): number => line._data[x * Xterm.CELL]! >>> Xterm.WIDTH_SHIFT

/** Keeps the background and nothing else: what ECH and EL make of a cell. */
const erasable = (fg: number, bg: number): boolean => fg === 0 && (bg & ~Xterm.COLOUR) === 0

/** A blank that erasing makes. */
export const isErased = (line: Line, x: number): boolean =>
  blank(line, x) && widthAt(line, x) !== 0 &&
  erasable(line._data[x * Xterm.CELL + 1]!, line._data[x * Xterm.CELL + 2]!)

const scratch = Buffer.allocUnsafeSlow(512)

export class Painter {
  private out = ""
  private readonly core: Core
  /** Nothing but SGR and links. */
  private readonly isFlat: boolean
  private attributes = PLAIN
  private isProtected = false
  private url = 0
  private fg = 0
  private bg = 0
  private extended: Extended | undefined
  /** xterm.js's grapheme state after what was written last; 0 after a sequence. */
  private join = 0
  /** The last cell written was not ASCII: terminals may differ about its width. */
  private doubtful = false

  constructor(core: Core, isFlat = false) {
    this.core = core
    this.isFlat = isFlat
  }

  take(): string {
    const { out } = this
    this.out = ""
    return out
  }

  /** Something that is not text. */
  control(bytes: string): void {
    this.out += bytes
    this.join = 0
  }

  /** The terminal's pen is plain now, whoever made it so. */
  plain(): void {
    this.pen(0, 0, undefined)
  }

  /** `extended` as far as the cell has it. */
  pen(fg: number, bg: number, extended: Extended | undefined): void {
    if (fg === this.fg && bg === this.bg && extended === this.extended) return
    this.fg = fg
    this.bg = bg
    this.extended = extended
    this.set(fg, bg, extended === undefined ? 0 : extended._ext & SHOWN)
    const url = extended === undefined ? 0 : extended._urlId
    if (url === this.url) return
    const data = url === 0 ? undefined : this.core._oscLinkService.getLinkData(url)
    this.url = url
    this.link(data === undefined ? undefined : `${data.id === undefined ? "" : `id=${data.id}`};${data.uri}`)
  }

  /** The pen that is to stay; its link is not kept by xterm.js for as long as it lasts. */
  lastPen(pen: Attributes, link: string | undefined): void {
    const { _ext } = pen.extended
    // DECRC brings back that there was an underline, not which.
    const stale = (pen.fg & Xterm.UNDERLINE) !== 0 &&
      ((pen.bg & Xterm.HAS_EXTENDED) === 0 || (_ext >>> Xterm.STYLE_SHIFT & 7) === 0)
    this.set(pen.fg, pen.bg, stale ? 0 : _ext & SHOWN)
    if (link !== undefined || this.url !== 0) this.link(link)
  }

  private set(fg: number, word: number, shown: number): void {
    const bg = this.isFlat ? word & ~Xterm.PROTECTED : word
    // Without an underline its style says nothing; its colour is kept for the next one.
    const attributes = sgr(fg, bg, fg & Xterm.UNDERLINE ? shown : shown & Xterm.COLOUR)
    if (attributes !== this.attributes) {
      const wasProtected = this.isProtected
      this.isProtected = (bg & Xterm.PROTECTED) !== 0
      this.control(attributes)
      if (wasProtected && !this.isProtected) this.control("\x1b[0\"q")
      this.attributes = attributes
    }
  }

  /**
   * A row, from where the cursor stands in its first column. `fill` is the bg word of what is there: blank cells of it
   * are passed over. `resync` puts the column right before ASCII that follows a character of doubtful width. `end`:
   * columns from there on are left alone.
   */
  row(line: Line, fill: number, resync: boolean, wrapped: boolean, end = contentEnd(line, this.core.cols, fill)): void {
    this.doubtful = false
    let x = 0
    while (x < end) {
      if (blank(line, x)) {
        x += this.blanks(line, x, end, fill, wrapped)
      } else {
        if (this.doubtful && resync && line._data[x * Xterm.CELL]! >>> 0 < (1 << Xterm.WIDTH_SHIFT | 0x80)) {
          this.control(`\x1b[${x + 1}G`)
          this.doubtful = false
        }
        const run = this.ascii(line, x, end)
        x += run === 0 ? this.cell(line, x) : run
      }
    }
  }

  /** As many columns of a row for whoever has no cursor to move: blanks are spaces. */
  flat(line: Line, end: number): void {
    for (let x = 0; x < end;) {
      if (blank(line, x)) {
        const bg = line._data[x * Xterm.CELL + 2]!
        this.pen(line._data[x * Xterm.CELL + 1]!, bg, bg & Xterm.HAS_EXTENDED ? line._extendedAttrs[x] : undefined)
        this.out += " "
        this.join = 0
        x++
      } else {
        const run = this.ascii(line, x, end)
        x += run === 0 ? this.cell(line, x) : run
      }
    }
  }

  /** As many cells of ASCII as look alike, in one go; gives how many. */
  private ascii(line: Line, from: number, end: number): number {
    const data = line._data
    const fg = data[from * Xterm.CELL + 1]!
    const bg = data[from * Xterm.CELL + 2]!
    if ((bg & Xterm.HAS_EXTENDED) !== 0 || this.join >>> 3 !== 0) return 0
    const most = Math.min(end, from + scratch.length)
    let x = from
    for (; x < most; x++) {
      const at = x * Xterm.CELL
      // One column, printable, and nothing joined to it.
      const code = data[at]! - (1 << Xterm.WIDTH_SHIFT)
      if (code < 0x20 || code > 0x7e || data[at + 1] !== fg || data[at + 2] !== bg) break
      scratch[x - from] = code
    }
    if (x === from) return 0
    this.pen(fg, bg, undefined)
    this.out += scratch.toString("latin1", 0, x - from)
    this.join = PLAIN_CHARACTER
    return x - from
  }

  /** The cell in a column; gives its width. */
  cell(line: Line, x: number): number {
    const bg = line._data[x * Xterm.CELL + 2]!
    this.pen(line._data[x * Xterm.CELL + 1]!, bg, bg & Xterm.HAS_EXTENDED ? line._extendedAttrs[x] : undefined)
    return this.glyph(line, x)
  }

  /** What the cell in a column holds, with the pen as it is. */
  glyph(line: Line, x: number): number {
    const { cols } = this.core
    const content = line._data[x * Xterm.CELL]!
    const width = Math.max(1, content >>> Xterm.WIDTH_SHIFT)
    if (x + width > cols || (width === 2 && widthAt(line, x + 1) !== 0)) {
      // Half a character, left over where something else was written or the line was cut.
      this.out += " "
      this.join = 0
      return 1
    }
    if (content & Xterm.COMBINED) {
      this.text(line._combined[x]!)
      this.doubtful = true
    } else {
      const code = content & Xterm.CODE
      if (code < 0x80) {
        if (this.join >>> 3 === 0) {
          this.join = PLAIN_CHARACTER
          this.out += String.fromCharCode(code)
        } else this.text(String.fromCharCode(code))
      } else {
        this.text(String.fromCodePoint(code))
        this.doubtful = true
      }
    }
    return width
  }

  /** Columns that the cell's first character takes by itself: a cluster may grow as the rest joins. */
  firstWidth(line: Line, x: number): number {
    const content = line._data[x * Xterm.CELL]!
    const code = content & Xterm.COMBINED ? line._combined[x]!.codePointAt(0)! : content & Xterm.CODE
    return this.core.unicodeService.charProperties(code, 0) >>> 1 & 3
  }

  /** A grapheme that must not join with what was written before: where it did not, something came in between. */
  private text(text: string): void {
    const { unicodeService } = this.core
    let state = this.join
    let first = true
    for (const character of text) {
      const code = character.codePointAt(0)!
      let next = unicodeService.charProperties(code, state)
      if (first && state !== 0 && (next & 1) === 1) {
        // Any sequence parts them: the pen as it is.
        this.control(this.attributes)
        next = unicodeService.charProperties(code, 0)
      }
      first = false
      state = next
    }
    this.join = state
    this.out += text
  }

  private blanks(line: Line, x: number, end: number, fill: number, wrapped: boolean): number {
    const data = line._data
    const fg = data[x * Xterm.CELL + 1]!
    const bg = data[x * Xterm.CELL + 2]!
    let run = 1
    while (
      x + run < end && blank(line, x + run) && data[(x + run) * Xterm.CELL + 1] === fg &&
      data[(x + run) * Xterm.CELL + 2] === bg
    ) run++
    if (fg === 0 && bg === fill) {
      this.control(`\x1b[${run}C`)
    } else if (erasable(fg, bg)) {
      this.pen(0, bg, undefined)
      const last = x + run === this.core.cols
      // EL in the first column would end the wrapping of the row (xterm.js, eraseInLine).
      this.control(last && (x > 0 || !wrapped) ? "\x1b[K" : `\x1b[${run}X`)
      if (!last) this.control(`\x1b[${run}C`)
    } else {
      // What a wide character leaves behind may have any attributes: no sequence makes such a blank.
      this.pen(fg, bg, bg & Xterm.HAS_EXTENDED ? line._extendedAttrs[x] : undefined)
      this.out += " ".repeat(run)
      this.join = 0
    }
    return run
  }

  private link(link: string | undefined): void {
    this.control(`\x1b]8;${link ?? ";"}\x1b\\`)
  }
}

/** The column after the last cell that differs from blank cells of a background. */
export const contentEnd = (line: Line, cols: number, fill: number): number => {
  const data = line._data
  let x = Math.min(cols, line.length)
  while (
    x > 0 && (data[(x - 1) * Xterm.CELL]! & Xterm.CONTENT) === 0 && widthAt(line, x - 1) !== 0 &&
    data[(x - 1) * Xterm.CELL + 1] === 0 && data[(x - 1) * Xterm.CELL + 2] === fill
  ) x--
  return x
}
