import { assert, describe, it } from "@effect/vitest"
import { RawScrollback } from "../../../src/layers/scrollback/rawScrollback.ts"

const SIZE = { cols: 80, rows: 24 }

/** Where a terminal has its cursor after this output; counted from 1, as terminals report it. */
const after = (...chunks: ReadonlyArray<string>): string => {
  const model = new RawScrollback(SIZE, 1024 * 1024)
  for (const chunk of chunks) model.append(Buffer.from(chunk))
  const { column, row } = model.report().cursor
  return `${row + 1};${column + 1}`
}

describe("the cursor without a terminal model", () => {
  it.each([
    ["nothing", "", "1;1"],
    ["text", "abc", "1;4"],
    ["wide characters", "\u4f60\u597d", "1;5"],
    ["accents", "e\u0301\u00e9", "1;3"],
    ["colours", "\x1b[31mabc\x1b[m", "1;4"],
    ["a title", "\x1b]0;title\x07abc", "1;4"],
    ["lines", "abc\r\nde", "2;3"],
    ["a line feed alone", "abc\nde", "2;6"],
    ["more lines than there are", "x\r\n".repeat(100), "24;1"],
    ["a full line", "x".repeat(80), "1;80"],
    ["a line that wraps", "x".repeat(81), "2;2"],
    ["a line that does not wrap", `\x1b[?7l${"x".repeat(100)}`, "1;80"],
    ["tabs", "a\tb", "1;10"],
    ["backspaces", "abc\b\b", "1;2"],
    ["a place", "\x1b[5;7H", "5;7"],
    ["a place beyond the end", "\x1b[999;999H", "24;80"],
    ["far to the right and down", "\x1b[999C\x1b[999B", "24;80"],
    ["back and up", "\x1b[10;10H\x1b[3D\x1b[2A", "8;7"],
    ["a column and a row", "\x1b[12G\x1b[6d", "6;12"],
    ["what was saved", "ab\x1b7\x1b[9;9H\x1b8", "1;3"],
    ["a region", "\x1b[5;7H\x1b[2;10r", "1;1"],
    ["the end of a region", "\x1b[2;10r\x1b[9;1H\n\n\n", "10;1"],
    ["origin mode", "\x1b[3;10r\x1b[?6h\x1b[2;2H", "2;2"],
    ["the alternate screen and back", "ab\x1b[?1049h\x1b[9;9H\x1b[?1049l", "1;3"],
    ["a reset", "\x1b[9;9H\x1bc", "1;1"],
    ["an index and its reverse", "\x1bD\x1bD\x1bM", "2;1"]
  ])("is where a terminal has it, however the output is cut: %s", (_, output, place) => {
    assert.strictEqual(after(output), place)
    assert.strictEqual(after(...output), place)
  })
})
