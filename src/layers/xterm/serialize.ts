/**
 * Writes a terminal as bytes that make another one show the same. They erase nothing of the user's on the other
 * terminal, and contain no query.
 */
import { enter, keyboard } from "../vt/enter.ts"
import type { ModeTracker } from "../vt/modes.ts"
import type { Charset, Core, Line, Screen } from "./internals.ts"
import * as Xterm from "./internals.ts"
import { isErased, Painter, rowLength } from "./painter.ts"

/** Plain pen, ASCII, wrapping on, cursor off: the painter relies on these. */
const PROLOGUE = "\x1b[0m\x1b(B\x0f\x1b[?7h\x1b[?25l"

/** Synchronized output: terminals that know it show nothing until the screen is whole. */
const BEGIN_SYNC = "\x1b[?2026h"
const END_SYNC = "\x1b[?2026l"

/** Introducers that designate G0 to G3. */
const SLOTS = ["(", ")", "*", "+"]

/** Sequences that shift G0 to G3 in. */
const SHIFTS = ["\x0f", "\x0e", "\x1bn", "\x1bo"]

/** Columns between the initial tab stops. */
const TAB_COLUMNS = 8

/** Most characters of history that are replayed: those of 2,000 lines with 500 each. */
const REPLAYED_CHARACTERS = 1_000_000

/** The designator of a character set: xterm.js keeps only its table. */
export type Designators = ReadonlyMap<Charset, string>

export interface SerializeOptions {
  readonly core: Core
  readonly modes: ModeTracker
  readonly designators: Designators
  readonly history: number
  /** Rows of the terminal that gets it: at least the model's, whose screen goes to the top. */
  readonly rows: number
  /** The terminal shows the session already: its rows are overwritten where they are. */
  readonly over: boolean
  /** The beginning of a sequence or character that is still to end. Sent last. */
  readonly pending: Buffer
}

/** Length of a piece. */
const PIECE_CHARACTERS = 64 * 1024

/** A piece that is full; else an empty one: between rows there may be a pause. */
const piece = (painter: Painter): Buffer =>
  painter.length < PIECE_CHARACTERS ? Buffer.alloc(0) : Buffer.from(painter.take())

export function* serialize(options: SerializeOptions): Generator<Buffer> {
  const { core, modes, over, pending, rows } = options
  const painter = new Painter(core)
  const { alt, normal } = core.buffers
  painter.control(PROLOGUE + BEGIN_SYNC)
  painter.control(over ? eraseRows(core.cols, rows) : scrollOut(core.cols, rows))
  const first = firstReplayed(core, options.history)
  yield* paint(painter, core, normal, first, rows, over)
  painter.control(liftHistory(normal.ybase - first, core.rows, rows))
  const other = keyboard(modes.keyboards.alternate)
  if (modes.alternate === 0 && other !== "") painter.control(`\x1b[?47h${other}\x1b[?47l`)
  paintFrame(painter, options, normal)
  painter.control(keyboard(modes.keyboards.main))
  if (modes.alternate !== 0 || core.buffers.active === alt) {
    // 1049 saves cursor and pen: here those that the main screen has saved.
    goto(painter, normal, savedRow(normal), normal.savedX, core, false)
    painter.pen(normal.savedCurAttrData.fg, normal.savedCurAttrData.bg, undefined)
    withCharset(painter, options, normal.savedCharset, "\x1b[?1049h")
    painter.plain()
    painter.control("\x1b[H\x1b[2J")
    yield* paint(painter, core, alt, alt.ybase, rows)
    paintFrame(painter, options, alt)
    painter.control(other)
  }
  painter.control(enter(modes))
  paintEnd(painter, options)
  yield Buffer.from(painter.take())
  if (pending.length > 0) yield pending
}

/** The first line of the history that is replayed: there are not more lines than that, and not too much is in them. */
const firstReplayed = (core: Core, history: number): number => {
  const { lines, ybase } = core.buffers.normal
  let first = ybase
  for (let characters = 0; first > Math.max(0, ybase - history); first--) {
    characters += rowLength(core, lines.get(first - 1)!)
    if (characters > REPLAYED_CHARACTERS) break
  }
  return first
}

/**
 * Moves what the terminal shows into its scrollback. Spaces up to the right margin wrap to the next line only if the
 * cursor is not in the first column: this keeps a last line that has no line end.
 */
const scrollOut = (cols: number, rows: number): string =>
  `${" ".repeat(cols - 1)}\r\x1b[K${"\r\n".repeat(Math.max(1, rows - 1))}\x1b[H`

/**
 * Erases the rows where they are. The first one by ECH: EL or ED would cut it off from its wrapped part in the history.
 */
const eraseRows = (cols: number, rows: number): string =>
  `\x1b[H\x1b[${cols}X${rows > 1 ? "\x1b[2;1H\x1b[J\x1b[H" : ""}`

/** Scrolls history out that a larger terminal still has room for, so that the screen's first row is at the top. */
const liftHistory = (history: number, height: number, rows: number): string => {
  const above = Math.min(history, rows - height)
  return above === 0 ? "" : `\x1b[${rows};1H${"\n".repeat(above)}`
}

/** Paints rows from `first` on. On the main screen, rows that do not fit scroll into the other terminal's history. */
function* paint(
  painter: Painter,
  core: Core,
  buffer: Screen,
  first: number,
  rows: number,
  firstMayWrap = false
): Generator<Buffer, void> {
  const { cols } = core
  const main = buffer === core.buffers.normal
  const last = buffer.ybase + core.rows - 1
  let fill = 0
  for (let index = first; index <= last; index++) {
    yield piece(painter)
    const line = buffer.lines.get(index)!
    const next = index < last ? buffer.lines.get(index + 1)! : undefined
    const wrapped = (index > first || firstMayWrap) && line.isWrapped
    const atBottom = index - first >= rows - 1
    if (next === undefined || !next.isWrapped) {
      painter.row(line, fill, !main, wrapped)
      painter.plain()
      if (next === undefined) return
      painter.control(main ? "\r\n" : `\x1b[${index + 2 - first}H`)
      fill = 0
      continue
    }
    const leftover = endsInLeftover(line, next, cols)
    if (!isBlank(next, 0) && (leftover || !isBlank(line, cols - 1))) {
      painter.row(line, fill, !main, wrapped, leftover ? cols - 1 : cols)
      // A row that scrolls in gets the background of the current pen.
      const bg = next._data[2]!
      painter.pen(next._data[1]!, bg, bg & Xterm.HAS_EXTENDED ? next._extendedAttrs[0] : undefined)
      fill = atBottom ? bg & Xterm.COLOUR : 0
    } else {
      painter.row(line, fill, !main, wrapped)
      wrapBlank(painter, line, cols, rows)
      fill = 0
    }
  }
}

const isBlank = (line: Line, x: number): boolean =>
  (line._data[x * Xterm.CELL]! & Xterm.CONTENT) === 0 && line._data[x * Xterm.CELL]! >>> Xterm.WIDTH_SHIFT !== 0

/** The last cell is blank because a wide character had no room there. Writing that character makes it blank again. */
export const endsInLeftover = (line: Line, next: Line, cols: number): boolean => {
  const last = (cols - 1) * Xterm.CELL
  return isBlank(line, cols - 1) && next._data[0]! >>> Xterm.WIDTH_SHIFT === 2 &&
    line._data[last + 1] === next._data[1] && line._data[last + 2] === next._data[2]
}

/**
 * Wraps to the next row where this row ends with blanks, or the next begins with them: writes spaces, and erases them
 * again.
 */
const wrapBlank = (painter: Painter, line: Line, cols: number, rows: number): void => {
  // Spaces up to the margin, and one that wraps. After an erased end the cursor is short of the margin.
  const at = lastText(line, cols)
  painter.plain()
  if (at < cols) painter.control(`\x1b[${at + 1}G${" ".repeat(cols - at)}`)
  painter.control(" ")
  if (at < cols && rows > 1) {
    painter.control(`\x1b[A\x1b[${at + 1}G`)
    const bg = (x: number) => line._data[x * Xterm.CELL + 2]! & Xterm.COLOUR
    for (let x = at; x < cols;) {
      let run = 1
      while (x + run < cols && bg(x + run) === bg(x)) run++
      painter.pen(0, bg(x), undefined)
      painter.control(`\x1b[${run}X${x + run < cols ? `\x1b[${run}C` : ""}`)
      x += run
    }
    painter.plain()
    painter.control("\x1b[B")
  }
  painter.control("\r\x1b[X")
}

/** The column after the last cell that must be written. */
const lastText = (line: Line, cols: number): number => {
  let x = cols
  while (x > 0 && isErased(line, x - 1)) x--
  return x
}

/**
 * Tab stops, saved cursor, scroll region and origin mode of a screen, where they are not the initial ones. In a larger
 * terminal a scroll region makes the model's rows scroll alone.
 */
const paintFrame = (
  painter: Painter,
  { core, designators, modes, over, rows }: SerializeOptions,
  buffer: Screen
): void => {
  const { cols } = core
  const stops = Object.keys(buffer.tabs).map(Number).filter((x) => x < cols && buffer.tabs[x])
  if (stops.length !== Math.ceil(cols / TAB_COLUMNS) || stops.some((x) => x % TAB_COLUMNS !== 0)) {
    painter.control("\x1b[3g" + stops.map((x) => `\x1b[${x + 1}G\x1bH`).join(""))
  }
  const saved = buffer.savedCurAttrData
  const isSaved = buffer.savedX !== 0 || savedRow(buffer) !== 0 || saved.fg !== 0 || saved.bg !== 0 ||
    buffer.savedCharset !== undefined
  // A line of ours on the terminal was written with a saved cursor: saves the session's again.
  if (isSaved || over) {
    goto(painter, buffer, savedRow(buffer), buffer.savedX, core, false)
    painter.pen(saved.fg, saved.bg, undefined)
    const designator = designators.get(buffer.savedCharset)
    painter.control(designator === undefined || designator === "B" ? "\x1b7" : `\x1b(${designator}\x1b7\x1b(B`)
  }
  painter.plain()
  const active = buffer === core.buffers.active
  if (buffer.scrollTop !== 0 || buffer.scrollBottom !== rows - 1) {
    painter.control(`\x1b[${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`)
  }
  if (active && modes.modes.get(6) === true) painter.control("\x1b[?6h")
}

const withCharset = (painter: Painter, { designators }: SerializeOptions, charset: Charset, bytes: string): void => {
  const designator = designators.get(charset)
  painter.control(designator === undefined || designator === "B" ? bytes : `\x1b(${designator}${bytes}\x1b(B`)
}

const savedRow = (buffer: Screen): number => Math.max(0, buffer.savedY - buffer.ybase)

const goto = (painter: Painter, buffer: Screen, y: number, x: number, core: Core, origin: boolean): void =>
  painter.control(`\x1b[${y + 1 - (origin ? buffer.scrollTop : 0)};${Math.min(x, core.cols - 1) + 1}H`)

/**
 * Cursor, pen and character sets. Writes the last character again where the next byte depends on it: it wraps, or an
 * accent joins it.
 */
const paintEnd = (painter: Painter, options: SerializeOptions): void => {
  const { core, modes } = options
  const buffer = core.buffers.active
  const line = buffer.lines.get(buffer.ybase + buffer.y)!
  const pen = core._inputHandler._curAttrData
  const joins = core._inputHandler._parser.precedingJoinState !== 0 && buffer.x > 0
  const origin = modes.modes.get(6) === true
  const x = cellBefore(line, buffer.x, core.cols)
  const again = (joins || buffer.x >= core.cols) && x !== undefined
  goto(painter, buffer, buffer.y, again ? x : buffer.x, core, origin)
  if (again && !joins) {
    painter.cell(line, x)
    setCharsets(painter, options)
    painter.lastPen(pen, modes.osc.link)
    painter.control(END_SYNC)
    return
  }
  setCharsets(painter, options)
  painter.lastPen(pen, modes.osc.link)
  if (again) {
    // In insert mode the character would move the rest of the row: deletes its columns first.
    if (modes.ansi.get(4) === true && buffer.x < core.cols) painter.control(`\x1b[${painter.firstWidth(line, x)}P`)
    painter.control(END_SYNC)
    painter.glyph(line, x)
  } else {
    painter.control(END_SYNC)
  }
}

/** The column of the character before the cursor. */
const cellBefore = (line: Line, cursor: number, cols: number): number | undefined => {
  let x = Math.min(cursor, cols) - 1
  if (x > 0 && line._data[x * Xterm.CELL]! >>> Xterm.WIDTH_SHIFT === 0) x--
  return x >= 0 && (line._data[x * Xterm.CELL]! & Xterm.CONTENT) !== 0 ? x : undefined
}

const setCharsets = (painter: Painter, { core, designators }: SerializeOptions): void => {
  const { _charsets, charset, glevel } = core._charsetService
  for (const [slot, introducer] of SLOTS.entries()) {
    // After DECRC the set in use is the saved one, also if another was designated since.
    const designator = designators.get(slot === glevel ? charset : _charsets[slot])
    if (designator !== undefined && designator !== "B") painter.control(`\x1b${introducer}${designator}`)
  }
  if (glevel !== 0) painter.control(SHIFTS[glevel]!)
}
