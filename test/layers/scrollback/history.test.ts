import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { rawHistory } from "../../../src/layers/scrollback/rawHistory.ts"
import * as VtEngineXterm from "../../../src/layers/xterm/VtEngineXterm.ts"
import type { Size } from "../../../src/schema/Session.ts"
import { VtEngine, type VtTerminal } from "../../../src/services/VtEngine.ts"

const terminal = (use: (terminal: VtTerminal) => void, size: Size = { cols: 20, rows: 4 }) =>
  Effect.gen(function*() {
    const terminal = yield* (yield* VtEngine).make(size, 1000)
    use(terminal)
    terminal.dispose()
  }).pipe(Effect.provide(VtEngineXterm.layer))

const write = (terminal: VtTerminal, text: string) => terminal.write(Buffer.from(text))

const withoutSgr = (line: string) => line.replace(/\x1b\[[0-9;:]*m|\x1b\]8;[^\x1b]*\x1b\\/g, "")

const recording = (name: string) =>
  readFileSync(path.join(import.meta.dirname, "../../fixtures/recordings", `${name}.bin`))

describe("a terminal's lines with their colours", () => {
  it.effect("begin and end plain, one by one", () =>
    terminal((terminal) => {
      write(terminal, "\x1b[1;31mred\r\nstill red\x1b[0m plain\r\n\x1b[4:3;58;5;9mcurly\x1b[m")
      assert.deepStrictEqual(terminal.styled(), [
        "\x1b[0;1;31mred\x1b[0m",
        "\x1b[0;1;31mstill red\x1b[0m plain",
        "\x1b[0;4:3;58:5:9mcurly\x1b[0m"
      ])
    }))

  it.effect("that wrap are one line, and a wide character that had no room leaves no gap", () =>
    terminal((terminal) => {
      write(terminal, `\x1b[32m${"x".repeat(19)}日本${"y".repeat(30)}\x1b[0m`)
      const text = `${"x".repeat(19)}日本${"y".repeat(30)}`
      assert.deepStrictEqual(terminal.lines(), [text])
      assert.deepStrictEqual(terminal.styled(), [`\x1b[0;32m${text}\x1b[0m`])
    }))

  it.effect("keep the blanks that show something, and no others", () =>
    terminal((terminal) => {
      write(terminal, "\x1b[44mbar  \x1b[0m  \r\n\x1b[7m \x1b[0m \r\na\x1b[5Cb\r\n\x1b[41m\x1b[K")
      assert.deepStrictEqual(terminal.styled(), [
        "\x1b[0;44mbar  \x1b[0m",
        "\x1b[0;7m \x1b[0m",
        "a     b",
        `\x1b[0;41m${" ".repeat(20)}\x1b[0m`
      ])
    }))

  it.effect("have links, and no protected cells", () =>
    terminal((terminal) => {
      write(terminal, "\x1b[1\"qsafe\x1b[0\"q \x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\")
      assert.deepStrictEqual(terminal.styled().map(withoutSgr), ["safe link"])
      assert.include(terminal.styled()[0], "\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\")
      assert.notInclude(terminal.styled()[0], "\"q")
    }))

  it.effect("are the main screen's while a program shows the alternate screen", () =>
    terminal((terminal) => {
      write(terminal, "before\r\n\x1b[?1049h\x1b[2J\x1b[Hfull screen")
      assert.deepStrictEqual([terminal.lines(), terminal.styled()], [["before"], ["before"]])
    }))

  it.effect.each(["bash", "colours", "gitlog", "vim", "htop", "wide", "unicode", "vttest", "zsh"])(
    "of %s: the same text as without, nothing but SGR and links",
    (name) =>
      terminal((terminal) => {
        terminal.write(recording(name))
        const styled = terminal.styled()
        const plain = terminal.lines().map((line) => line.trimEnd())
        assert.deepStrictEqual(styled.map((line) => withoutSgr(line).trimEnd()).slice(0, plain.length), plain)
        assert.notMatch(styled.map(withoutSgr).join(""), /[\x00-\x1f\x7f]/)
      }, { cols: 80, rows: 24 })
  )
})

describe("a history of raw bytes", () => {
  const raw = (text: string, ansi: boolean) => Buffer.concat(rawHistory(Buffer.from(text), { ansi })).toString()

  it("shows what was written last over a line", () => {
    assert.strictEqual(raw("10%\r\x1b[K20%\r\nnext\r\n", false), "20%\nnext\n")
  })

  it("sets a colour in each line that has it", () => {
    assert.strictEqual(
      raw("\x1b[31mone\r\ntwo\x1b[m\r\nthree\r\n", true),
      "\x1b[31mone\x1b[0m\n\x1b[31mtwo\x1b[m\nthree\n"
    )
  })

  it("has no control characters of the program's", () => {
    assert.strictEqual(raw("a\x07b\x08c\x9bd\x1bPq#0\x1b\\e\x1b[31\x18f", false), "abcdef\n")
    assert.strictEqual(raw("\u009b31mx\u0085\ty", true), "31mx\ty\n")
  })

  it("drops colours rather than keep too many", () => {
    const many = Array.from({ length: 5000 }, (_, index) => `\x1b[38;5;1;${index}mx`).join("")
    assert.isBelow(raw(`${many}\r\nlast\r\n`, true).split("\n")[1]!.length, 10_000)
  })
})

describe("lines as bytes", () => {
  it("come in pieces, cut between lines", () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index} ${"x".repeat(40)}`)
    const pieces = rawHistory(Buffer.from(lines.join("\n")), { ansi: false })
    assert.isAbove(pieces.length, 5)
    for (const piece of pieces) assert.strictEqual(piece.at(-1), 0x0a)
    assert.strictEqual(Buffer.concat(pieces).toString(), `${lines.join("\n")}\n`)
  })
})
