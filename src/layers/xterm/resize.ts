/** Resizes as other terminals do, and not longer than the lines that stay ask for. */
import type { Core, Screen } from "./internals.ts"

/**
 * Resizes. xterm.js keeps the cells that a narrower alternate screen cuts off, and shows them again when it grows. Here
 * they are gone, as in other terminals.
 */
export const resize = (core: Core, cols: number, rows: number): void => {
  if (cols < core.cols) withRoom(core, cols, rows)
  else core.resize(cols, rows)
  const { active, alt } = core.buffers
  // xterm.js leaves an empty list as long as it was: the rows beyond the screen would be a history.
  if (alt.lines.length === 0) alt.lines.maxLength = rows
  if (active !== alt) return
  for (let y = 0; y < alt.lines.length; y++) alt.lines.get(y)!.resize(cols, alt.getNullCell())
}

/**
 * Resizes to fewer columns, with room for the rows that the lines then fill. xterm.js writes what has no room over the
 * last rows, as its list of rows is a ring. It also wraps all of the history, to drop most of that then: a second where
 * 5,000 lines become rows of 2 columns. So the lines that will have no room are dropped before.
 */
const withRoom = (core: Core, cols: number, rows: number): void => {
  const { normal } = core.buffers
  const room = normal._getCorrectBufferLength(rows)
  const most = dropHistory(normal, room, core.cols, cols)
  const own = normal._getCorrectBufferLength
  normal._getCorrectBufferLength = () => Math.max(room, most) + rows
  try {
    core.resize(cols, rows)
  } finally {
    normal._getCorrectBufferLength = own
    trim(normal, Math.max(0, normal.lines.length - room))
    normal.lines.maxLength = room
  }
}

/** Drops the lines that have no room once those below them are wrapped. Gives the most rows that the others fill. */
const dropHistory = (screen: Screen, room: number, oldCols: number, cols: number): number => {
  const { lines } = screen
  let first = screen.ybase
  let most = (lines.length - first) * Math.ceil(oldCols / (cols - 1))
  // xterm.js does not wrap the cursor's line.
  for (; first > 0 && isCursorLine(screen, first); first--) most++
  for (let fewest = 0; fewest < room && first > 0;) {
    const length = lines.get(--first)!.getTrimmedLength()
    // A wide character may have had no room in a last column, or may have none. One line may have more than the room.
    let wrapped = 0
    const fills = () => Math.max(1, Math.ceil((length + wrapped * (oldCols - 1)) / cols))
    for (; first > 0 && lines.get(first)!.isWrapped && fewest + fills() < room; first--) wrapped++
    fewest += fills()
    most += wrapped + Math.max(1, Math.ceil((length + wrapped * oldCols) / (cols - 1)))
  }
  trim(screen, first)
  return most
}

/** A row goes on in one that is in the cursor's line. */
const isCursorLine = ({ lines, y, ybase }: Screen, row: number): boolean => {
  for (let at = ybase + y; at >= row; at--) if (!lines.get(at)!.isWrapped) return false
  return true
}

/** Drops the first rows of the history. */
const trim = (screen: Screen, count: number): void => {
  screen.lines.trimStart(count)
  screen.ybase = Math.max(0, screen.ybase - count)
  screen.ydisp = screen.ybase
  screen.savedY = Math.max(0, screen.savedY - count)
}

/** Wraps lines for other columns. A resize would end scroll regions; here they stay, because the rows do. */
export const rewrap = (core: Core, cols: number): void => {
  const { alt, normal } = core.buffers
  const regions = [normal, alt].map(({ scrollBottom, scrollTop }) => ({ scrollBottom, scrollTop }))
  resize(core, cols, core.rows)
  Object.assign(normal, regions[0])
  Object.assign(alt, regions[1])
}
