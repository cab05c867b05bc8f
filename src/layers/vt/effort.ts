/** What a sequence asks of a terminal model: the rows that it writes. */
import type { Csi } from "./sequence.ts"

/** Sequences that may write all rows of the screen: ED, IL, DL, SU, SD. */
const SCREEN = new Set([..."JLMST"].map((final) => final.charCodeAt(0)))

/** The same with an intermediate: SL, SR, DECIC, DECDC. */
const SHIFTS = new Set([0x2040, 0x2041, 0x277d, 0x277e])

const REP = 0x62
const SET_MODE = 0x68
const RESET_MODE = 0x6c

/** A row of REP goes into the history. */
const REPEATED_ROWS = 4

/** Rows that a CSI sequence may write, of a screen that has so many. */
export const rowsOfCsi = ({ final, intermediate, params, prefix }: Csi, rows: number): number => {
  if (intermediate !== 0) return SHIFTS.has(intermediate << 8 | final) ? rows : 1
  if (SCREEN.has(final)) return rows
  if (final === REP) return REPEATED_ROWS * Math.min(Math.max(1, params[0] ?? 1), rows)
  // A screen is switched to, or several times.
  return prefix !== 0 && (final === SET_MODE || final === RESET_MODE) ? rows * params.length : 1
}

/** The same of an escape sequence, given without its ESC: RIS, DECALN. */
export const rowsOfEscape = (text: string, rows: number): number => text === "c" || text === "#8" ? 2 * rows : 1
