/**
 * Under a flood most lines scroll out of the history before anybody sees them. A stretch of plain text, line ends and
 * colours leaves no trace but its last colours once enough lines follow it: those are all that the model needs to get.
 */
import type { Size } from "../../schema/Session.ts"
import type { ByteRing } from "./byteRing.ts"
import { Pens } from "./pens.ts"
import type { RowCount } from "./rowCount.ts"

export interface Skip {
  /** Up to this offset nothing need be parsed. */
  readonly to: number
  /** What is to be parsed in its stead. */
  readonly instead: Buffer
}

/** The SGR sequences in a stretch that matter at its end. Undefined: too many. */
const pensOf = (bytes: Buffer): string | undefined => {
  const pens = new Pens()
  for (let at = bytes.indexOf(0x1b); at !== -1; at = bytes.indexOf(0x1b, at + 1)) {
    let end = at + 2
    while (bytes[end]! >= 0x30 && bytes[end]! <= 0x3b) end++
    if (bytes[end] === 0x6d && !pens.add(bytes.toString("latin1", at + 2, end))) return undefined
  }
  return pens.toString()
}

/**
 * How far one can skip from an offset: undefined if nowhere. The model must stand there, between two sequences, on its
 * main screen, without scroll region and reverse wraparound (`VtTerminal.scrolls`).
 */
export const planSkip = (
  ring: ByteRing,
  tally: RowCount,
  { from, history, rows }: { readonly from: number; readonly history: number } & Pick<Size, "rows">
): Skip | undefined => {
  // As many rows must follow as the buffer has, and as many more as it takes from the top of the screen to the bottom.
  const mark = tally.cut(history + 2 * rows + 1)
  if (mark === undefined || mark.at <= from) return undefined
  const reset = mark.from > from ? "\x1b[0m" : ""
  const pens = mark.coloured ? pensOf(Buffer.concat(ring.views(Math.max(from, mark.from), mark.at))) : ""
  // The place is a line's beginning, but the model may stand in the middle of one.
  return pens === undefined ? undefined : { to: mark.at, instead: Buffer.from(`\r${reset}${pens}`) }
}
