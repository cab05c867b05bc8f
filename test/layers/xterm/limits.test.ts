import { assert, describe, it } from "@effect/vitest"
import { MAX_CELL_UNITS } from "../../../src/layers/xterm/cells.ts"
import type { Core, Screen } from "../../../src/layers/xterm/internals.ts"
import * as Xterm from "../../../src/layers/xterm/internals.ts"
import { XtermTerminal } from "../../../src/layers/xterm/model.ts"
import { resize } from "../../../src/layers/xterm/resize.ts"
import { engine } from "../../support/differential.ts"
import { heapInUse } from "../../support/heap.ts"
import { hostile, KINDS } from "../../support/hostileOutput.ts"
import { random, torture } from "../../support/torture.ts"
import { untouchedXterm } from "../../support/untouchedXterm.ts"

const SIZE = { cols: 12, rows: 5 }
const HISTORY = 20

const screen = ({ lines, tabs, x, y, ybase, scrollTop, scrollBottom }: Screen) => [
  { x, y, ybase, scrollTop, scrollBottom, tabs: Object.keys(tabs).join() },
  ...Array.from({ length: lines.length }, (_, index) => {
    const { _combined, _data, _extendedAttrs, isWrapped, length } = lines.get(index)!
    const cells = Array.from({ length }, (_, column) => {
      const [content = 0, fg, bg = 0] = _data.subarray(column * Xterm.CELL)
      const joined = content & Xterm.COMBINED ? _combined[column] : ""
      return `${content} ${fg} ${bg} ${joined} ${bg & Xterm.HAS_EXTENDED ? _extendedAttrs[column]!._ext : ""}`
    })
    return `${isWrapped} ${cells.join("|")}`
  })
]

const state = ({ buffers: { alt, normal } }: Core) => [screen(normal), screen(alt)]

const after = (core: Core, output: string | Buffer): Core => {
  core._inputHandler.parse(Buffer.from(output))
  return core
}

/** Text, wide characters, accents and colours in every row, and the cursor in the middle. */
const FULL = Array.from({ length: SIZE.rows }, (_, y) => `\x1b[${y + 1}H\x1b[4${y}mrow ${y} 漢 e\u0301 `).join("") +
  "\x1b[2;4r\x1b[3;5H\x1b[0m"

describe("RIS", () => {
  const history = "a line\r\n".repeat(HISTORY * 3)

  it.each([
    ["a screen", FULL],
    ["a history", history],
    ["a history that was cleared", `${history}\x1b[3Jx\r\ny`],
    ["a screen beside it", `${FULL}\x1b[?1049h${FULL}`],
    ["a saved cursor", "\x1b[3;4H\x1b[31m\x1b(0\x1b7\x1b[m"],
    ["other tab stops", "\x1b[3g\x1b[1;4H\x1bH"]
  ])("leaves the model as a new one after %s", async (_, before) => {
    const { make } = await engine
    for (const size of [SIZE, { cols: SIZE.cols + 9, rows: SIZE.rows - 2 }]) {
      const reset = after(make(SIZE.cols, SIZE.rows, HISTORY).core, before)
      resize(reset, size.cols, size.rows)
      const fresh = make(size.cols, size.rows, HISTORY).core
      const then = `\x1b8q\tq\r\n${history}\x1b[3;4H\x1b[?1049hq`
      assert.deepStrictEqual(state(after(reset, `\x1bc${then}`)), state(after(fresh, then)))
    }
  })
})

describe("what a program asks of the model ends at its screen", () => {
  const finals = [..."@ABCDEFGHIJKLMPSTXZ`abdefgr"]
  const counts = ["999999999", "2147483647", "2147483648", "9223372036854775808", "9".repeat(5000)]

  it.each(finals)("CSI %s does with any count what it does with one as large as the screen", async (final) => {
    const { make } = await engine
    const most = SIZE.cols * SIZE.rows
    for (const before of [FULL, `${FULL}x`]) {
      const largest = after(make(SIZE.cols, SIZE.rows, HISTORY).core, `${before}\x1b[${most}${final}`)
      for (const count of counts) {
        const core = after(make(SIZE.cols, SIZE.rows, HISTORY).core, `${before}\x1b[${count}${final}`)
        assert.deepStrictEqual(state(core), state(largest), count)
      }
    }
  })

  it.each([[" @"], [" A"], ["'}"], ["'~"], [" q"], ["!p"], ["\"q"], ["t"], ["m"], ["h"], ["l"], ["n"], ["c"], ["x"]])(
    "CSI %s takes any count, and thousands of parameters",
    async (last) => {
      const { make } = await engine
      for (const prefix of ["", "?", ">"]) {
        for (const params of [...counts, ";".repeat(9999), "1:".repeat(9999), "4294967296;".repeat(999)]) {
          after(make(SIZE.cols, SIZE.rows, HISTORY).core, `${FULL}x\x1b[${prefix}${params}${last}`)
        }
      }
    }
  )

  it("repeats no more characters than fit on the screen, whatever they are", async () => {
    const { make } = await engine
    for (const character of ["x", "漢", "e\u0301", "👩🏽‍🚀", "🇩🇪", "\u200d"]) {
      for (const mode of ["", "\x1b[4h", "\x1b[?7l"]) {
        const { core } = make(SIZE.cols, SIZE.rows, 1000)
        let printed = 0
        const handler = core._inputHandler as { -readonly [Key in "print"]: typeof core._inputHandler.print }
        const print = handler.print.bind(handler)
        handler.print = (codes, from, to) => {
          printed += to - from
          print(codes, from, to)
        }
        after(core, `${mode}${character}\x1b[999999999b`)
        assert.isAtMost(printed, 5 * SIZE.cols * SIZE.rows, character)
        assert.isAtMost(core.buffers.normal.ybase, SIZE.rows, character)
      }
    }
  })

  it("erases above the cursor in the last column of the last row", async () => {
    const terminal = new XtermTerminal(await engine, SIZE, HISTORY)
    terminal.write(Buffer.from(`${"x".repeat(60)}\x1b[5;12H\x1b[1J`))
    assert.deepStrictEqual(terminal.lines(), [])
  })

  it("does all else as xterm.js does", async () => {
    const { make } = await engine
    const special = [
      "\x1b[4h",
      "\x1b[4l",
      "\x1b#8",
      "\x1bM",
      "漢",
      "e\u0301",
      "\x1b[?J",
      "\x1b[44m",
      "\x1b[4:3m",
      "\x1b[0m"
    ]
    const switches = [
      "\x1b[?7l",
      "\x1b[?7h",
      "\x1bc",
      "\x1b[?1049h",
      "\x1b[?1049l",
      "\x1b[?47h",
      "xxxxxxxx",
      "\x1b[1\"q"
    ]
    for (let seed = 1; seed <= 120; seed++) {
      const [cols, rows] = [[10, 4], [30, 6], [20, 2], [80, 24], [17, 3]][seed % 5] as [number, number]
      const next = random(seed)
      const pick = <T>(items: ReadonlyArray<T>): T => items[Math.floor(next() * items.length)]!
      const output = Array.from({ length: 40 }, (_, part) => {
        const count = pick([1, 2, 3, rows, cols - 1, cols])
        return torture(seed * 131 + part, 30, cols, rows) +
          `\x1b[${count}${pick([...finals, " @", " A", "'}", "'~"])}` +
          pick([...special, ...switches])
        // xterm.js takes the wrong row as the next one of a wrapped line.
      }).join("").replaceAll(/\x1b\[\??1J/g, "\x1b[J")
      const untouched = after(untouchedXterm(cols, rows, HISTORY), output)
      assert.deepStrictEqual(state(after(make(cols, rows, HISTORY).core, output)), state(untouched), `seed ${seed}`)
    }
  })
})

describe("the model keeps no more than a screen and a history have", () => {
  it.each([["\u0301"], ["\u200d"], ["\ufe0f"], ["\u{e0101}"], ["\u200d👩"]])(
    "of a character that %j joins a million times",
    async (mark) => {
      const terminal = new XtermTerminal(await engine, SIZE, HISTORY)
      for (let times = 0; times < 100; times++) {
        terminal.write(Buffer.from(`${times === 0 ? "e" : ""}${mark.repeat(10_000)}`))
      }
      const kept = terminal.lines().join("").length
      assert.isAtMost(kept, 2 * MAX_CELL_UNITS * SIZE.cols * (SIZE.rows + HISTORY))
      terminal.write(Buffer.from("\r\n$ "))
      assert.strictEqual(terminal.lines().at(-1), "$ ")
    }
  )

  it("all of a family with skin tones, and of a letter with thirty accents", async () => {
    const terminal = new XtermTerminal(await engine, SIZE, HISTORY)
    const family = "👨🏻‍👩🏼‍👧🏽‍👦🏾"
    const letter = `e${"\u0301".repeat(30)}`
    terminal.write(Buffer.from(`${family} ${letter}!`))
    assert.deepStrictEqual(terminal.lines(), [`${family} ${letter}!`])
  })

  it.each([
    ["\x1b]0;"],
    ["\x1b]2;"],
    ["\x1b]8;;"],
    ["\x1b]4;"],
    ["\x1b]52;c;"],
    ["\x1b]777;"],
    ["\x1bP$q"],
    ["\x1bPq"],
    ["\x1b_G"],
    ["\x1b^"],
    ["\x1bX"],
    ["\x1b["]
  ])(
    "nothing of a string that begins with %j and does not end",
    async (introducer) => {
      const terminal = new XtermTerminal(await engine, SIZE, HISTORY)
      const megabyte = Buffer.alloc(1024 * 1024, "1")
      const more = (megabytes: number) => {
        for (let written = 0; written < megabytes; written++) terminal.write(megabyte)
      }
      terminal.write(Buffer.from(introducer))
      // The first of it compiles what the rest needs: that is kept.
      more(2)
      const before = heapInUse()
      more(32)
      assert.isAtMost(heapInUse() - before, 8 * 1024 * 1024)
      assert.isAtMost(Buffer.concat([...terminal.restore({ history: 0 })]).length, 64 * 1024)
      terminal.write(Buffer.from("\x18\x1b\\after"))
      assert.include(terminal.lines().join("\n"), "after")
    }
  )

  it("the beginning of a title that is too long", async () => {
    for (const length of [5000, 1_000_000, 3_000_000]) {
      const terminal = new XtermTerminal(await engine, SIZE, HISTORY)
      const title = Buffer.from(`\x1b]2;a${"é".repeat(length / 2)}\x07`)
      for (let at = 0; at < title.length; at += 65_536) terminal.write(title.subarray(at, at + 65_536))
      assert.match(terminal.title() ?? "", /^aé{2000,4000}$/)
    }
  })

  it.each(KINDS)("and survives %s", async (kind) => {
    for (let seed = 1; seed <= 4; seed++) {
      const terminal = new XtermTerminal(await engine, SIZE, HISTORY)
      terminal.write(hostile(kind, seed, SIZE))
      terminal.write(Buffer.from("\x18\x1b\\\x1bc\x1b[2Jafter"))
      assert.deepStrictEqual(terminal.lines().map((line) => line.trim()).filter((line) => line !== ""), ["after"])
      terminal.dispose()
    }
  })
})
