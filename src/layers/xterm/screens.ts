/**
 * Screens that are cleared keep their memory: xterm.js makes them from nothing, with room for all of the history, and a
 * program may reset the terminal by two bytes, again and again.
 */
import type { Core, Line, Lines, Screen, Screens } from "./internals.ts"

/** Most rows kept to be used again: those of a large screen. */
const MAX_SPARE_ROWS = 256

/** Rows that no screen has any more. */
let spare: Array<Line> = []

/** Keeps the rows of a screen that is about to be cleared, without its history. */
const keepRows = ({ lines, ybase }: Screen): void => {
  for (let y = ybase; y < lines.length && spare.length < MAX_SPARE_ROWS; y++) spare.push(lines.get(y)!)
}

/** Makes blank rows of spare ones, or as copies of one that was made before. */
const quickBlank = (own: Screen["getBlankLine"]): Screen["getBlankLine"] => {
  let last: Line | undefined
  return function(this: Screen, attributes, isWrapped = false) {
    const { cols } = this._bufferService
    const used = spare.pop()
    if (used !== undefined && used.length === cols) {
      used.fill(this.getNullCell(attributes))
      used.isWrapped = isWrapped
      return used
    }
    // Of another size.
    if (used !== undefined) spare = []
    const words = last?._data
    if (
      words === undefined || last!.length !== cols || words[1] !== attributes.fg >>> 0 ||
      words[2] !== attributes.bg >>> 0
    ) {
      last = own.call(this, attributes)
    }
    const line = last!.clone()
    line.isWrapped = isWrapped
    return line
  }
}

/** Nothing else keeps the rows. In most lists few places are used, those at the beginning. */
const empty = (lines: Lines): void => {
  const isShort = lines._startIndex === 0 && lines._array[lines._length] === undefined
  lines._array.fill(undefined, 0, isShort ? lines._length : lines.maxLength)
  lines._startIndex = 0
  lines._length = 0
}

/** Clears a screen, its history too. */
const clear = (screen: Screen): void => {
  empty(screen.lines)
  screen.x = 0
  screen.y = 0
  screen.ybase = 0
  screen.ydisp = 0
  screen.scrollTop = 0
  screen.scrollBottom = screen._rows - 1
  screen.setupTabStops()
}

const forgetSaved = (screen: Screen): void => {
  screen.savedX = 0
  screen.savedY = 0
  screen.savedCurAttrData = new screen.savedCurAttrData.constructor()
  // ASCII has no table.
  screen.savedCharset = undefined
}

const installed = new WeakSet<object>()

/** Gives xterm.js these methods: once, for all of its terminals. */
export const install = ({ buffers }: Core): void => {
  const screens = Object.getPrototypeOf(buffers.normal) as Screen
  if (installed.has(screens)) return
  installed.add(screens)
  screens.getBlankLine = quickBlank(screens.getBlankLine)
  const own = screens.clear
  screens.clear = function(this: Screen) {
    keepRows(this)
    // After a resize the room is another.
    if (this.lines.maxLength === this._getCorrectBufferLength(this._rows)) clear(this)
    else own.call(this)
  }
  const sets = Object.getPrototypeOf(buffers) as Screens
  const { reset } = sets
  sets.reset = function(this: Screens) {
    if (this.normal === undefined) return reset.call(this)
    const { alt, normal } = this
    for (const screen of [normal, alt]) {
      screen.clear()
      forgetSaved(screen)
    }
    normal.fillViewportRows()
    this._activeBuffer = normal
    this._onBufferActivate.fire({ activeBuffer: normal, inactiveBuffer: alt })
  }
}
