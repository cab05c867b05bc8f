/** A terminal's history and main screen as lines, oldest first. A wrapped line is one line. */
import type { LinePart } from "../../services/VtEngine.ts"
import type { Core, Line } from "./internals.ts"
import * as Xterm from "./internals.ts"
import { Painter } from "./painter.ts"
import { endsInLeftover } from "./serialize.ts"

/** Attributes that are visible on a blank. */
const VISIBLE_FG = Xterm.INVERSE | Xterm.UNDERLINE | Xterm.STRIKETHROUGH

const SPACE = 0x20

/** The rows of each line. */
function* logicalLines({ buffers: { normal }, rows }: Core): Generator<ReadonlyArray<Line>> {
  let line: Array<Line> = []
  for (let index = 0; index < normal.ybase + rows; index++) {
    const row = normal.lines.get(index)
    if (row === undefined) break
    if (line.length > 0 && !row.isWrapped) {
      yield line
      line = []
    }
    line.push(row)
  }
  if (line.length > 0) yield line
}

/** Columns of a wrapped row that belong to the line: not the gap before a wide character. */
const fullEnd = (row: Line, next: Line, cols: number): number => endsInLeftover(row, next, cols) ? cols - 1 : cols

const ascii = Buffer.allocUnsafeSlow(512)

/** Columns of a row up to its last character. */
const textEnd = (row: Line): number => {
  let x = row.length
  while (x > 0 && (row._data[(x - 1) * Xterm.CELL]! & Xterm.CONTENT) === 0) x--
  return x === 0 ? 0 : x - 1 + (row._data[(x - 1) * Xterm.CELL]! >>> Xterm.WIDTH_SHIFT)
}

/** The columns of a row up to `end` as text: what xterm.js's `translateToString` gives, ten times as fast. */
const rowText = (row: Line, end: number): string => {
  let text = ""
  let run = 0
  for (let x = 0; x < end;) {
    const content = row._data[x * Xterm.CELL]!
    const code = content & Xterm.CONTENT
    const at = x
    x += content >>> Xterm.WIDTH_SHIFT || 1
    if (code < 0x80) {
      ascii[run++] = code === 0 ? SPACE : code
      if (run < ascii.length) continue
    }
    if (run > 0) text += ascii.toString("latin1", 0, run)
    run = 0
    if (code >= 0x80) text += code & Xterm.COMBINED ? row._combined[at]! : String.fromCodePoint(code)
  }
  return run === 0 ? text : text + ascii.toString("latin1", 0, run)
}

/** A blank, written or not, that nothing is visible of. */
const showsNothing = (row: Line, x: number): boolean => {
  const content = row._data[x * Xterm.CELL]!
  const fg = row._data[x * Xterm.CELL + 1]!
  const bg = row._data[x * Xterm.CELL + 2]!
  return (content & Xterm.COMBINED) === 0 && ((content & Xterm.CODE) === SPACE || (content & Xterm.CODE) === 0) &&
    content >>> Xterm.WIDTH_SHIFT !== 0 && (fg & VISIBLE_FG) === 0 && (bg & (Xterm.COLOUR_MODE | Xterm.OVERLINE)) === 0
}

const shownEnd = (row: Line, cols: number): number => {
  let end = Math.min(cols, row.length)
  while (end > 0 && showsNothing(row, end - 1)) end--
  return end
}

const isBlank = (text: string): boolean => !/[^ \t]/.test(text)

/** The lines as text, row by row: many rows take long. */
function* plainParts(core: Core): Generator<LinePart> {
  for (const rows of logicalLines(core)) {
    for (const [index, row] of rows.entries()) {
      const next = rows[index + 1]
      const end = next === undefined ? Math.min(core.cols, textEnd(row)) : fullEnd(row, next, core.cols)
      const text = rowText(row, end)
      yield { text, isBlank: isBlank(text), ends: next === undefined }
    }
  }
}

/** The same with SGR and links. Each line begins and ends with a plain pen, and has no invisible blanks at its end. */
function* styledParts(core: Core): Generator<LinePart> {
  const painter = new Painter(core, true)
  for (const rows of logicalLines(core)) {
    let last = rows.length - 1
    while (last > 0 && shownEnd(rows[last]!, core.cols) === 0) last--
    for (let index = 0; index <= last; index++) {
      const row = rows[index]!
      const ends = index === last
      const end = ends ? shownEnd(row, core.cols) : fullEnd(row, rows[index + 1]!, core.cols)
      painter.flat(row, end)
      if (ends) painter.plain()
      yield { text: painter.take(), isBlank: isBlank(rowText(row, end)), ends }
    }
  }
}

export const lineParts = (core: Core, ansi: boolean): Generator<LinePart> => ansi ? styledParts(core) : plainParts(core)

/** The lines, without blank ones at the end. */
export const wholeLines = (parts: Iterable<LinePart>): Array<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const { ends, text } of parts) {
    line += text
    if (!ends) continue
    lines.push(line)
    line = ""
  }
  while (lines.at(-1) === "") lines.pop()
  return lines
}
