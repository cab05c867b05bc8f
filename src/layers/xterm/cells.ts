/**
 * Changes of many cells at once, as copies of memory: xterm.js takes them cell by cell, and one sequence of three bytes
 * may change all cells of the screen. What they do is the same, but for the number of characters that a cell takes.
 */
import type { Attributes, Cell, Core, Line } from "./internals.ts"
import * as Xterm from "./internals.ts"

/**
 * Most UTF-16 units of a cell; what else would join it is dropped. More than any emoji has (a family with skin tones:
 * 19), and a letter with as many marks as may follow it in Unicode's Stream-Safe Text Format (UAX #15: 30).
 */
export const MAX_CELL_UNITS = 32

/** Fewer cells than this are written one by one. */
const FEW_CELLS = 8

/** To look through fewer cells takes less time than to see whether an object has entries: 0.8 µs. */
const MANY_CELLS = 256

/** Written so that V8 cannot leave the look out. */
let looked = 0
export const lastLooked = (): number => looked

/** Cells that are all the same, for as many columns as were ever needed. */
let same = new Uint32Array(0)

const sameCells = ({ bg, content, fg }: Cell, count: number): Uint32Array => {
  const words = count * Xterm.CELL
  if (same.length < words || same[0] !== content >>> 0 || same[1] !== fg >>> 0 || same[2] !== bg >>> 0) {
    if (same.length < words) same = new Uint32Array(words)
    same[0] = content
    same[1] = fg
    same[2] = bg
    // Each copy doubles what there is.
    for (let at = Xterm.CELL; at < same.length; at *= 2) same.copyWithin(at, 0, at)
  }
  return same.length === words ? same : same.subarray(0, words)
}

/** Writes a cell into the columns from `from` to before `to`. */
export const write = (line: Line, from: number, to: number, cell: Cell): void => {
  if (to - from < FEW_CELLS || (cell.content & Xterm.COMBINED) !== 0 || (cell.bg & Xterm.HAS_EXTENDED) !== 0) {
    for (let x = from; x < to; x++) line.setCell(x, cell)
    return
  }
  if (from === 0 && to === line.length) forget(line)
  line._data.set(sameCells(cell, to - from), from * Xterm.CELL)
}

/** xterm.js leaves what cells have had beside their words: links, marks. */
const forget = (line: Line): void => {
  if (!isEmpty(line._combined)) line._combined = {}
  if (!isEmpty(line._extendedAttrs)) line._extendedAttrs = {}
}

export const isEmpty = (entries: object): boolean => {
  for (const _ in entries) return false
  return true
}

const widthAt = (line: Line, x: number): number => line._data[x * Xterm.CELL]! >> Xterm.WIDTH_SHIFT

const hasContent = (line: Line, x: number): boolean => (line._data[x * Xterm.CELL]! & Xterm.CONTENT) !== 0

const blank = (line: Line, x: number, cell: Cell): void => line.setCellFromCodepoint(x, 0, 1, cell as Cell & Attributes)

/** Some cell has something beside its words. */
const usesBeside = ({ _data }: Line): boolean => {
  for (let word = 0; word < _data.length; word += Xterm.CELL) {
    if ((_data[word]! & Xterm.COMBINED) !== 0 || (_data[word + 2]! & Xterm.HAS_EXTENDED) !== 0) return true
  }
  return false
}

/** Some cell has, or has had, something beside its words. */
const mayHaveBeside = ({ _combined, _extendedAttrs }: Line): boolean => !isEmpty(_combined) || !isEmpty(_extendedAttrs)

/** Some cell has something beside its words. Forgets what is left of cells that are gone. */
const hasBeside = (line: Line): boolean => {
  if (!mayHaveBeside(line)) return false
  if (usesBeside(line)) return true
  forget(line)
  return false
}

/** Moves cells, with what they have beside their words. */
const move = (line: Line, to: number, from: number, count: number): void => {
  line._data.copyWithin(to * Xterm.CELL, from * Xterm.CELL, (from + count) * Xterm.CELL)
  if (count < MANY_CELLS || hasBeside(line)) moveBeside(line, line, to, from, count)
}

/** Moves what cells have beside their words, after these. */
const moveBeside = (source: Line, line: Line, to: number, from: number, count: number): void => {
  const { _combined, _data, _extendedAttrs } = line
  const by = to > from ? -1 : 1
  for (let left = count, at = by > 0 ? 0 : count - 1; left > 0; left--, at += by) {
    const word = (to + at) * Xterm.CELL
    const isCombined = (_data[word]! & Xterm.COMBINED) !== 0
    const isExtended = (_data[word + 2]! & Xterm.HAS_EXTENDED) !== 0
    if (isCombined) _combined[to + at] = source._combined[from + at]!
    if (isExtended) _extendedAttrs[to + at] = source._extendedAttrs[from + at]
  }
}

/** The methods of a row that take the place of xterm.js's (common/buffer/BufferLine.ts). */
const quick = (own: Pick<Line, typeof REPLACED[number]>): Partial<Line> => ({
  fill(this: Line, cell, respectProtect = false) {
    if (respectProtect) return own.fill.call(this, cell, true)
    forget(this)
    write(this, 0, this.length, cell)
  },
  replaceCells(this: Line, from, to, cell, respectProtect = false) {
    if (respectProtect) return own.replaceCells.call(this, from, to, cell, true)
    // Half a wide character is none.
    if (from > 0 && widthAt(this, from - 1) === 2) blank(this, from - 1, cell)
    if (to < this.length && widthAt(this, to - 1) === 2) blank(this, to, cell)
    write(this, from, Math.min(to, this.length), cell)
  },
  insertCells(this: Line, column, count, cell) {
    const { length } = this
    const at = column % length
    if (at > 0 && widthAt(this, at - 1) === 2) blank(this, at - 1, cell)
    const stay = Math.max(0, length - at - count)
    if (stay > 0) move(this, at + count, at, stay)
    write(this, at, length - stay, cell)
    if (widthAt(this, length - 1) === 2) blank(this, length - 1, cell)
  },
  deleteCells(this: Line, column, count, cell) {
    const { length } = this
    const at = column % length
    const stay = Math.max(0, length - at - count)
    if (stay > 0) move(this, at, at + count, stay)
    write(this, at + stay, length, cell)
    if (at > 0 && widthAt(this, at - 1) === 2) blank(this, at - 1, cell)
    if (widthAt(this, at) === 0 && !hasContent(this, at)) blank(this, at, cell)
  },
  copyCellsFrom(this: Line, source, from, to, count) {
    this._data.set(source._data.subarray(from * Xterm.CELL, (from + count) * Xterm.CELL), to * Xterm.CELL)
    // xterm.js looks through all that the other row has beside its words, for each part of it.
    if (count < MANY_CELLS || mayHaveBeside(source)) moveBeside(source, this, to, from, count)
  },
  addCodepointToCell(this: Line, x, code, width) {
    const joined = this._data[x * Xterm.CELL]! & Xterm.COMBINED ? this._combined[x]! : ""
    if (joined.length < MAX_CELL_UNITS) {
      own.addCodepointToCell.call(this, x, code, width)
      // V8 keeps a string that grows as a list of its parts, until one looks into it.
      if (joined.length > 0) looked = this._combined[x]!.charCodeAt(0)
    } else if (width > 0) {
      const words = this._data
      words[x * Xterm.CELL] = words[x * Xterm.CELL]! & ~(3 << Xterm.WIDTH_SHIFT) | width << Xterm.WIDTH_SHIFT
    }
  }
})

const REPLACED = [
  ...["fill", "replaceCells", "insertCells", "deleteCells", "addCodepointToCell", "copyCellsFrom"] as const
] as const

const installed = new WeakSet<object>()

/** Gives xterm.js these methods: once, for all of its terminals. */
export const install = ({ buffers }: Core): void => {
  const lines = Object.getPrototypeOf(buffers.normal.lines.get(0)) as Line
  if (installed.has(lines)) return
  installed.add(lines)
  const own = Object.fromEntries(REPLACED.map((name) => [name, lines[name]])) as Pick<Line, typeof REPLACED[number]>
  Object.assign(lines, quick(own))
}
