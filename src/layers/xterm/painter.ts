/** Writes cells as bytes that make another terminal show them. Tracks that terminal's pen. */
import type { Attributes, Core, Extended, Line } from "./internals.ts"
import * as Xterm from "./internals.ts"
import { sgr } from "./sgr.ts"

const PLAIN = sgr(0, 0, 0)

/** The bits of the extended word that are visible. */
const VISIBLE = 7 << Xterm.STYLE_SHIFT | Xterm.COLOUR

/** xterm.js's grapheme state after plain text: no class, one column (common/services/UnicodeService.ts). */
const PLAIN_CHARACTER = 1 << 1

const isBlank = (line: Line, x: number): boolean => {
  const content = line._data[x * Xterm.CELL]!
  return (content & Xterm.CONTENT) === 0
}

const widthAt = (line: Line, x: number): number => line._data[x * Xterm.CELL]! >>> Xterm.WIDTH_SHIFT

/** A background and nothing else: what ECH and EL make of a cell. */
const isErasable = (fg: number, bg: number): boolean => fg === 0 && (bg & ~Xterm.COLOUR) === 0

/** A blank that erasing can make. */
export const isErased = (line: Line, x: number): boolean =>
  isBlank(line, x) && widthAt(line, x) !== 0 &&
  isErasable(line._data[x * Xterm.CELL + 1]!, line._data[x * Xterm.CELL + 2]!)

/** Most text of links in a restore or a history: a link that text goes to and fro from is written each time. */
const MAX_LINK_CHARACTERS = 8 * 1024 * 1024

/** What an SGR sequence takes: two colours of 24 bits are 35. */
const PEN_CHARACTERS = 30

/** How long a row will be when it is written, about. */
export const rowLength = ({ _oscLinkService: links, cols }: Core, line: Line): number => {
  const end = contentEnd(line, cols, 0)
  let length = end
  for (let x = 0, fg = 0, bg = 0, url = 0; x < end; x++) {
    const word = x * Xterm.CELL
    if (line._data[word]! & Xterm.COMBINED) length += line._combined[x]!.length
    if (fg === line._data[word + 1]! && bg === line._data[word + 2]! && (bg & Xterm.HAS_EXTENDED) === 0) continue
    if (fg !== line._data[word + 1]! || bg !== line._data[word + 2]!) length += PEN_CHARACTERS
    fg = line._data[word + 1]!
    bg = line._data[word + 2]!
    const next = bg & Xterm.HAS_EXTENDED ? line._extendedAttrs[x]!._urlId : 0
    if (next !== url) length += links.getLinkData(next)?.uri.length ?? 0
    url = next
  }
  return length
}

const scratch = Buffer.allocUnsafeSlow(512)

export class Painter {
  private out = ""
  private readonly core: Core
  /** For text output: only SGR and links, no cursor movements. */
  private readonly isFlat: boolean
  private attributes = PLAIN
  private isProtected = false
  private url = 0
  private linkCharacters = 0
  private fg = 0
  private bg = 0
  private extended: Extended | undefined
  /** xterm.js's grapheme state after the last character; 0 after a sequence. */
  private join = 0
  /** The last cell written was not ASCII: terminals may differ about its width. */
  private isWidthDoubtful = false

  constructor(core: Core, isFlat = false) {
    this.core = core
    this.isFlat = isFlat
  }

  /** Of what `take` gives. */
  get length(): number {
    return this.out.length
  }

  take(): string {
    const { out } = this
    this.out = ""
    return out
  }

  /** Writes bytes that are not text. */
  control(bytes: string): void {
    this.out += bytes
    this.join = 0
  }

  /** Makes the pen plain. */
  plain(): void {
    this.pen(0, 0, undefined)
  }

  /** Sets the pen. `extended`: undefined for a cell without extended attributes. */
  pen(fg: number, bg: number, extended: Extended | undefined): void {
    if (fg === this.fg && bg === this.bg && extended === this.extended) return
    this.fg = fg
    this.bg = bg
    this.extended = extended
    this.set(fg, bg, extended === undefined ? 0 : extended._ext & VISIBLE)
    const url = extended === undefined ? 0 : extended._urlId
    if (url === this.url) return
    const data = url === 0 ? undefined : this.core._oscLinkService.getLinkData(url)
    this.url = url
    const link = data === undefined ? undefined : `${data.id === undefined ? "" : `id=${data.id}`};${data.uri}`
    this.linkCharacters += link?.length ?? 0
    this.link(this.linkCharacters > MAX_LINK_CHARACTERS ? undefined : link)
  }

  /** Sets the pen of the session. `link` is its link, as OSC 8 gave it. */
  lastPen(pen: Attributes, link: string | undefined): void {
    const { _ext } = pen.extended
    // DECRC restores that there was an underline, but not its style.
    const stale = (pen.fg & Xterm.UNDERLINE) !== 0 &&
      ((pen.bg & Xterm.HAS_EXTENDED) === 0 || (_ext >>> Xterm.STYLE_SHIFT & 7) === 0)
    this.set(pen.fg, pen.bg, stale ? 0 : _ext & VISIBLE)
    if (link !== undefined || this.url !== 0) this.link(link)
  }

  private set(fg: number, word: number, shown: number): void {
    const bg = this.isFlat ? word & ~Xterm.PROTECTED : word
    // Without an underline its style does not count; its colour is kept for the next one.
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
   * Writes a row. The cursor must be in its first column. `fill` is the bg word of the row on the terminal: blank cells
   * with it are skipped. `resync` sets the column again before ASCII that follows a character of doubtful width. `end`
   * is the first column that is not written.
   */
  row(line: Line, fill: number, resync: boolean, wrapped: boolean, end = contentEnd(line, this.core.cols, fill)): void {
    this.isWidthDoubtful = false
    let x = 0
    while (x < end) {
      if (isBlank(line, x)) {
        x += this.blanks(line, x, end, fill, wrapped)
      } else {
        if (this.isWidthDoubtful && resync && line._data[x * Xterm.CELL]! >>> 0 < (1 << Xterm.WIDTH_SHIFT | 0x80)) {
          this.control(`\x1b[${x + 1}G`)
          this.isWidthDoubtful = false
        }
        const run = this.ascii(line, x, end)
        x += run === 0 ? this.cell(line, x) : run
      }
    }
  }

  /** Writes the columns of a row up to `end` as text: blanks become spaces. */
  flat(line: Line, end: number): void {
    for (let x = 0; x < end;) {
      if (isBlank(line, x)) {
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

  /** Writes ASCII cells that have the same attributes. Gives their number. */
  private ascii(line: Line, from: number, end: number): number {
    const data = line._data
    const fg = data[from * Xterm.CELL + 1]!
    const bg = data[from * Xterm.CELL + 2]!
    if ((bg & Xterm.HAS_EXTENDED) !== 0 || this.join >>> 3 !== 0) return 0
    const most = Math.min(end, from + scratch.length)
    let x = from
    for (; x < most; x++) {
      const at = x * Xterm.CELL
      // One column, printable, and no character joined to it.
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

  /** Writes the cell in a column. Gives its width. */
  cell(line: Line, x: number): number {
    const bg = line._data[x * Xterm.CELL + 2]!
    this.pen(line._data[x * Xterm.CELL + 1]!, bg, bg & Xterm.HAS_EXTENDED ? line._extendedAttrs[x] : undefined)
    return this.glyph(line, x)
  }

  /** Writes the character of a cell with the pen as it is. Gives its width. */
  glyph(line: Line, x: number): number {
    const { cols } = this.core
    const content = line._data[x * Xterm.CELL]!
    const width = Math.max(1, content >>> Xterm.WIDTH_SHIFT)
    if (x + width > cols || (width === 2 && widthAt(line, x + 1) !== 0)) {
      // Half a wide character: the other half was overwritten or cut off.
      this.out += " "
      this.join = 0
      return 1
    }
    if (content & Xterm.COMBINED) {
      this.text(line._combined[x]!)
      this.isWidthDoubtful = true
    } else {
      const code = content & Xterm.CODE
      if (code < 0x80) {
        if (this.join >>> 3 === 0) {
          this.join = PLAIN_CHARACTER
          this.out += String.fromCharCode(code)
        } else this.text(String.fromCharCode(code))
      } else {
        this.text(String.fromCodePoint(code))
        this.isWidthDoubtful = true
      }
    }
    return width
  }

  /** Columns of the cell's first code point by itself: the cluster may grow as the others join. */
  firstWidth(line: Line, x: number): number {
    const content = line._data[x * Xterm.CELL]!
    const code = content & Xterm.COMBINED ? line._combined[x]!.codePointAt(0)! : content & Xterm.CODE
    return this.core.unicodeService.charProperties(code, 0) >>> 1 & 3
  }

  /** Writes a grapheme so that it does not join the last character. */
  private text(text: string): void {
    const { unicodeService } = this.core
    let state = this.join
    let first = true
    for (const character of text) {
      const code = character.codePointAt(0)!
      let next = unicodeService.charProperties(code, state)
      if (first && state !== 0 && (next & 1) === 1) {
        // Any sequence keeps them apart: here the pen as it is.
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
      x + run < end && isBlank(line, x + run) && data[(x + run) * Xterm.CELL + 1] === fg &&
      data[(x + run) * Xterm.CELL + 2] === bg
    ) run++
    if (fg === 0 && bg === fill) {
      this.control(`\x1b[${run}C`)
    } else if (isErasable(fg, bg)) {
      this.pen(0, bg, undefined)
      const last = x + run === this.core.cols
      // EL in the first column would end the wrapping of the row (xterm.js, eraseInLine).
      this.control(last && (x > 0 || !wrapped) ? "\x1b[K" : `\x1b[${run}X`)
      if (!last) this.control(`\x1b[${run}C`)
    } else {
      // A blank left by a wide character may have any attributes: no sequence makes one, so spaces replace it.
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

/** The column after the last cell that differs from a blank with the background `fill`. */
export const contentEnd = (line: Line, cols: number, fill: number): number => {
  const data = line._data
  let x = Math.min(cols, line.length)
  while (
    x > 0 && (data[(x - 1) * Xterm.CELL]! & Xterm.CONTENT) === 0 && widthAt(line, x - 1) !== 0 &&
    data[(x - 1) * Xterm.CELL + 1] === 0 && data[(x - 1) * Xterm.CELL + 2] === fill
  ) x--
  return x
}
