/**
 * In a flood most lines scroll out of the history unseen. Of plain text, line ends and colours only the last colours
 * remain once enough lines follow: then the model parses only those.
 */
import type { Size } from "../../schema/Session.ts"
import type { ByteRing } from "./byteRing.ts"
import { Pens } from "./pens.ts"
import type { RowCount } from "./rowCount.ts"

/** Most bytes skipped at once: their colours are looked at one by one, 100,000 of them at worst. */
const MAX_SKIPPED_BYTES = 512 * 1024

export interface Skip {
  /** Output up to this offset need not be parsed. */
  readonly to: number
  /** What is parsed instead. */
  readonly replacement: Buffer
}

/** The SGR sequences that matter at the end of these bytes. Undefined when there are too many. */
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
 * How far output can be skipped from an offset; undefined if not at all. The model must have parsed up to there, and be
 * on its main screen, in no sequence, without a scroll region or reverse wraparound (`VtTerminal.scrolls`).
 */
export const planSkip = (
  ring: ByteRing,
  rowCount: RowCount,
  { from, history, rows }: { readonly from: number; readonly history: number } & Pick<Size, "rows">
): Skip | undefined => {
  // As many rows must follow as the history and the screen have, and one more screen: the cursor may be in its top row.
  const mark = rowCount.cut(history + 2 * rows + 1, from + MAX_SKIPPED_BYTES)
  if (mark === undefined || mark.at <= from) return undefined
  const reset = mark.coloursFrom > from ? "\x1b[0m" : ""
  const pens = mark.isColoured ? pensOf(Buffer.concat(ring.views(Math.max(from, mark.coloursFrom), mark.at))) : ""
  // A mark is the beginning of a line, but the model may have parsed up to the middle of one.
  return pens === undefined ? undefined : { to: mark.at, replacement: Buffer.from(`\r${reset}${pens}`) }
}
