/**
 * Limits of what a program can ask of xterm.js: counts end at the screen, strings at what is used of them. They are
 * handlers in xterm.js's own parser: that looks at each byte anyway, and nothing that it takes for a sequence passes
 * them by.
 */
import { MAX_OSC_BYTES } from "../vt/oscState.ts"
import { write } from "./cells.ts"
import type { Attributes, Cell, Core, Line, Params, Screen } from "./internals.ts"
import * as Xterm from "./internals.ts"

/** Most code points that REP writes, for each cell of the screen: longer clusters are not repeated as often. */
const MAX_REPEATED = 4

/** The same in rows of code points, of what is written one by one: wide characters, clusters. */
const MAX_REPEATED_ROWS = 16

/** A sequence's first parameter as a count. */
const count = ({ params }: Params, most: number): number => Math.min(params[0] || 1, most)

/** OSC sequences of which xterm.js would keep or report something: titles and colours. `ModeTracker` knows them. */
const UNUSED_OSC = [0, 1, 2, 4, 10, 11, 12, 104, 110, 111, 112]

const LINK_OSC = 8

export const install = (core: Core): void => {
  limitStrings(core)
  limitCounts(core)
}

/** Of all strings only links are used. xterm.js would keep any, up to 10 MB, and make a string of each character. */
const limitStrings = ({ _inputHandler: handler }: Core): void => {
  const { _parser: parser } = handler
  for (const code of [...UNUSED_OSC, LINK_OSC]) parser.clearOscHandler(code)
  parser.clearDcsHandler({ intermediates: "$", final: "q" })
  parser._dcsParser.put = () => {}
  const osc = parser._oscParser
  osc._put = (codes, from, to) => {
    for (const active of osc._active) active.put(codes, from, to)
  }
  let text = ""
  parser.registerOscHandler(LINK_OSC, {
    start: () => {
      text = ""
    },
    put: (codes, from, to) => {
      if (text.length > MAX_OSC_BYTES) return
      for (let at = from; at < to && text.length <= MAX_OSC_BYTES; at++) text += String.fromCodePoint(codes[at]!)
    },
    end: (success) => {
      // A link that is too long is none.
      const handled = success && handler.setHyperlink(text.length > MAX_OSC_BYTES ? ";" : text)
      text = ""
      return handled
    }
  })
}

const limitCounts = (core: Core): void => {
  const { _inputHandler: handler } = core
  const csi = (id: string, run: (params: Params) => boolean) => {
    const prefix = id.length > 1 && id[0]! >= "<" ? id[0]! : undefined
    handler._parser.registerCsiHandler({ ...(prefix === undefined ? {} : { prefix }), final: id.at(-1)! }, run)
  }
  // CHT, CBT: xterm.js goes on, with what is left of the count.
  for (const final of ["I", "Z"]) {
    csi(final, (params) => {
      params.params[0] = count(params, core.cols)
      return false
    })
  }
  // SU, SD, IL, DL
  csi("S", (params) => {
    const { active } = core.buffers
    return rotate(core, active.scrollTop, active.scrollBottom, count(params, core.rows), erased(core))
  })
  csi("T", (params) => {
    const { active } = core.buffers
    return rotate(core, active.scrollTop, active.scrollBottom, -count(params, core.rows), active.getNullCell())
  })
  const lines = (sign: 1 | -1) => (params: Params) => {
    handler._restrictCursor()
    const { active } = core.buffers
    const { scrollBottom, scrollTop, y } = active
    if (y < scrollTop || y > scrollBottom) return true
    active.x = 0
    return rotate(core, y, scrollBottom, sign * count(params, core.rows), erased(core))
  }
  csi("L", lines(-1))
  csi("M", lines(1))
  csi("b", (params) => {
    repeat(core, count(params, core.cols * core.rows))
    return true
  })
  csi("J", (params) => params.params[0] === 1 && eraseAbove(core, false))
  csi("?J", (params) => params.params[0] === 1 && eraseAbove(core, true))
}

const erased = ({ _inputHandler, buffers: { active } }: Core): Cell =>
  active.getNullCell(_inputHandler._eraseAttrData())

const row = ({ lines, ybase }: Screen, y: number): Line => lines.get(ybase + y)!

/** Scrolls rows up, or down by a negative count. The rows that leave come back blank: none is made. */
const rotate = ({ buffers: { active } }: Core, top: number, bottom: number, by: number, blank: Cell): true => {
  const height = bottom - top + 1
  const moved = Math.min(Math.abs(by), height)
  const rows = Array.from({ length: height }, (_, y) => row(active, top + y))
  const first = by > 0 ? moved : height - moved
  for (let y = 0; y < height; y++) active.lines.set(active.ybase + top + y, rows[(first + y) % height]!)
  for (let y = 0; y < moved; y++) {
    const line = row(active, by > 0 ? bottom - y : top + y)
    line.fill(blank)
    line.isWrapped = false
  }
  return true
}

/** ED 1. xterm.js throws in the last column of the last row. */
const eraseAbove = (core: Core, protect: boolean): true => {
  const { _inputHandler: handler, buffers: { active }, cols, rows } = core
  handler._restrictCursor(cols)
  handler._eraseInBufferLine(active.y, 0, active.x + 1, true, protect)
  // The next row went on from this one, of which nothing is left.
  if (active.x + 1 >= cols && active.y + 1 < rows) row(active, active.y + 1).isWrapped = false
  for (let y = active.y - 1; y >= 0; y--) handler._resetBufferLine(y, protect)
  return true
}

/** REP */
const repeat = (core: Core, times: number): void => {
  const { _inputHandler: handler, buffers: { active }, coreService } = core
  const state = handler._parser.precedingJoinState
  if (state === 0) return
  const width = state >> 1 & 3
  const line = row(active, active.y)
  const at = (active.x - width) * Xterm.CELL
  const content = line._data[at] ?? 0
  const text = content & Xterm.COMBINED ? line._combined[active.x - width]! : String.fromCodePoint(content & Xterm.CODE)
  const codes = Array.from(text, (character) => character.codePointAt(0)!)
  const [code] = codes
  if (code === undefined || code === 0) return
  const { wraparound } = coreService.decPrivateModes
  if (codes.length > 1 || width !== 1 || !wraparound || (core.unicodeService.charProperties(code, state) & 1) === 1) {
    // Without wrapping, the last column is written again and again.
    const cells = core.cols * core.rows * Math.min(1 / width, MAX_REPEATED / codes.length)
    const most = wraparound ? Math.min(cells, core.cols * MAX_REPEATED_ROWS / codes.length) : core.cols
    const length = codes.length * Math.min(times, Math.ceil(most))
    return handler.print(Uint32Array.from({ length }, (_, at) => codes[at % codes.length]!), 0, length)
  }
  // One goes through the charset and over half a wide character, as any does; the others are copies of it.
  handler.print(Uint32Array.of(code), 0, 1)
  fillOn(core, row(active, active.y)._data[(active.x - 1) * Xterm.CELL]!, times - 1)
}

/** Writes a narrow character that many times, as if it were printed. */
const fillOn = (core: Core, content: number, times: number): void => {
  const { _bufferService, _inputHandler: handler, buffers: { active }, cols, coreService, rows } = core
  const { bg, extended, fg } = handler._curAttrData
  const cell = { content, fg, bg, extended }
  for (let left = times; left > 0;) {
    if (active.x >= cols) {
      active.x = 0
      active.y++
      if (active.y === active.scrollBottom + 1) {
        active.y--
        _bufferService.scroll(handler._eraseAttrData(), true)
      } else {
        active.y = Math.min(active.y, rows - 1)
        row(active, active.y).isWrapped = true
      }
    }
    const line = row(active, active.y)
    const part = Math.min(left, cols - active.x)
    if (coreService.modes.insertMode) insert(line, active, part, handler._curAttrData)
    write(line, active.x, active.x + part, cell)
    active.x += part
    left -= part
    const next = active.x * Xterm.CELL
    if (active.x < cols && line._data[next]! >>> Xterm.WIDTH_SHIFT === 0 && !(line._data[next]! & Xterm.CONTENT)) {
      line.setCellFromCodepoint(active.x, 0, 1, handler._curAttrData)
    }
  }
}

/** IRM: what is in the row moves right. */
const insert = (line: Line, screen: Screen, columns: number, pen: Attributes): void => {
  line.insertCells(screen.x, columns, screen.getNullCell(pen))
  // A wide character has no room in the last column.
  if (line._data[(line.length - 1) * Xterm.CELL]! >>> Xterm.WIDTH_SHIFT === 2) {
    line.setCellFromCodepoint(line.length - 1, 0, 1, pen)
  }
}
