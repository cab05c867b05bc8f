/** Text for people. */
import { widthOf } from "../../schema/Width.ts"

export { count, cut, shortPath, UNSEEN, visible } from "../../schema/Text.ts"

type Rows = ReadonlyArray<ReadonlyArray<string>>

/** A table that is written row by row. */
export interface Columns {
  /** Makes room for rows that may follow. */
  readonly expect: (rows: Rows) => void
  /** The rows as aligned lines: two spaces between columns, no space at the end. */
  readonly lines: (rows: Rows) => ReadonlyArray<string>
}

/** A table whose columns are as wide as their widest cell so far. */
export const columns = (): Columns => {
  const widths: Array<number> = []
  const expect = (rows: Rows) => {
    for (const row of rows) {
      for (const [column, cell] of row.entries()) {
        widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))
      }
    }
  }
  return {
    expect,
    lines: (rows) => {
      expect(rows)
      return rows.map((row) =>
        row.map((cell, column) => cell + " ".repeat(widths[column]! - widthOf(cell))).join("  ").trimEnd()
      )
    }
  }
}

/** The lines of a whole table. */
export const table = (rows: Rows): ReadonlyArray<string> => columns().lines(rows)

const UNITS = [["d", 86_400], ["h", 3600], ["m", 60], ["s", 1]] as const

/** A duration in the largest unit that fits: 5s, 3m, 2h, 9d. */
export const age = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS[3]
  return `${Math.floor(seconds / size)}${unit}`
}
