import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Size } from "../../src/schema/Session.ts"
import { VtEngine, type VtEngineError, type VtTerminal } from "../../src/services/VtEngine.ts"

const SIZE: Size = { cols: 20, rows: 4 }

/** Lines of history that terminals keep here. */
const HISTORY = 10

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`)

const ended = (lines: ReadonlyArray<string>) => lines.map((line) => `${line}\r\n`).join("")

/** Longer than a row, shorter than two. */
const LONG = "abcdefghijklmnopqrstuvwxyz0123456789"

/** What a session may have shown. */
const SESSIONS: ReadonlyArray<readonly [string, string]> = [
  ["a prompt", "$ "],
  ["text and a prompt", "one\r\n\r\ntwo\r\n$ "],
  ["a full screen", `${ended(numbered(1, 3))}$ `],
  ["a history", `${ended(numbered(1, 9))}$ `],
  ["more than is kept", `${ended(numbered(1, 40))}$ `],
  ["long lines", `${LONG}\r\n${ended(numbered(1, 5))}${LONG}\r\n$ `],
  ["a line up to the margin", `one\r\n${"x".repeat(SIZE.cols)}`],
  ["a line up to the margin that has ended", `one\r\n${"x".repeat(SIZE.cols)}\r\n`],
  ["a cursor within the last line", "one\r\ntwo three\rfour"],
  ["a cursor in the first column", `${ended(numbered(1, 9))}last\r`],
  ["a title and a directory", "\x1b]0;at work\x07\x1b]7;file://host/home\x1b\\$ "],
  ["letters of all lengths", "äöü — “quoted”\r\n$ "]
]

const write = (terminal: VtTerminal, ...parts: ReadonlyArray<string | Buffer>) => {
  for (const part of parts) terminal.write(Buffer.from(part as string))
}

const bytewise = (terminal: VtTerminal, bytes: Buffer) => {
  for (let at = 0; at < bytes.length; at++) terminal.write(bytes.subarray(at, at + 1))
}

const state = (terminal: VtTerminal) => ({
  lines: terminal.lines(),
  cursor: terminal.cursor(),
  title: terminal.title(),
  cwd: terminal.cwd()
})

type Make = (size?: Size) => Effect.Effect<VtTerminal, VtEngineError, Scope.Scope>

/** What {@link VtEngine} promises, in every layer: about plain text, as not all know more. */
export const suite = (name: string, layer: Layer.Layer<VtEngine>) =>
  describe(`VtEngine: ${name}`, () => {
    const test = (name: string, use: (make: Make) => Generator<ReturnType<Make>, void, VtTerminal>) =>
      it.live(name, () =>
        Effect.gen(function*() {
          const engine = yield* VtEngine
          const make: Make = (size = SIZE) =>
            Effect.acquireRelease(engine.make(size, HISTORY), (terminal) => Effect.sync(() => terminal.dispose()))
          yield* Effect.gen(() => use(make))
        }).pipe(Effect.scoped, Effect.provide(layer)))

    test("a new terminal shows nothing", function*(make) {
      const terminal = yield* make()
      assert.deepStrictEqual(state(terminal), {
        lines: [],
        cursor: { row: 0, column: 0 },
        title: undefined,
        cwd: undefined
      })
      assert.isTrue(terminal.scrolls())
      assert.isTrue(terminal.wraps())
    })

    test("a line feed goes down, a carriage return to the first column", function*(make) {
      const terminal = yield* make()
      write(terminal, "one\r\ntwo\nthree\rfour")
      assert.deepStrictEqual(terminal.lines(), ["one", "two", "fourhree"])
      assert.deepStrictEqual(terminal.cursor(), { row: 2, column: 4 })
    })

    test("a line that does not fit goes on in the next row, and is one line", function*(make) {
      const terminal = yield* make()
      write(terminal, `${LONG}\r\n${"x".repeat(SIZE.cols)}`)
      assert.deepStrictEqual(terminal.lines(), [LONG, "x".repeat(SIZE.cols)])
      assert.deepStrictEqual(terminal.cursor(), { row: 2, column: SIZE.cols - 1 })
      write(terminal, "y")
      assert.deepStrictEqual(terminal.lines(), [LONG, `${"x".repeat(SIZE.cols)}y`])
      assert.deepStrictEqual(terminal.cursor(), { row: 3, column: 1 })
    })

    test("keeps as many lines as it was told, and the screen", function*(make) {
      const terminal = yield* make()
      write(terminal, ended(numbered(1, 13)))
      assert.deepStrictEqual(terminal.lines(), numbered(1, 13))
      assert.deepStrictEqual(terminal.cursor(), { row: SIZE.rows - 1, column: 0 })
      write(terminal, ended(numbered(14, 100)))
      assert.deepStrictEqual(terminal.lines(), numbered(101 - HISTORY - SIZE.rows + 1, 100))
    })

    test("takes output however it is cut", function*(make) {
      for (const [what, bytes] of SESSIONS) {
        const [whole, cut] = [yield* make(), yield* make()]
        write(whole, bytes)
        bytewise(cut, Buffer.from(bytes))
        assert.deepStrictEqual(state(cut), state(whole), what)
      }
    })

    test("knows when something has only begun", function*(make) {
      for (const [begun, rest] of [["\x1b]0;ti", "tle\x07"], ["\xe2\x80", "\x94"]] as const) {
        const terminal = yield* make()
        write(terminal, Buffer.from(begun, "latin1"))
        assert.isFalse(terminal.scrolls())
        write(terminal, Buffer.from(rest, "latin1"))
        assert.isTrue(terminal.scrolls())
      }
    })

    test("a title and a directory last until there are others", function*(make) {
      const terminal = yield* make()
      write(terminal, "\x1b]0;one\x07\x1b]7;file:///a\x1b\\text")
      assert.deepStrictEqual([terminal.title(), terminal.cwd(), terminal.lines()], ["one", "file:///a", ["text"]])
      write(terminal, "\x1b]2;two\x1b\\\x1b]7;file:///b\x07")
      assert.deepStrictEqual([terminal.title(), terminal.cwd(), terminal.lines()], ["two", "file:///b", ["text"]])
    })

    test("other columns: lines stay whole, and the cursor in the last", function*(make) {
      const terminal = yield* make()
      write(terminal, `one\r\n${LONG}\r\n$ `)
      for (const cols of [30, 12, 50, SIZE.cols]) {
        terminal.resize({ cols, rows: SIZE.rows })
        assert.deepStrictEqual(terminal.lines(), ["one", LONG, "$ "])
        assert.strictEqual(terminal.cursor().column, 2)
        write(terminal, "\r$ ")
      }
    })

    test("other rows: the cursor stays in its line", function*(make) {
      const terminal = yield* make()
      write(terminal, `${ended(numbered(1, 8))}$ `)
      for (const [rows, row] of [[2, 1], [6, 5], [9, 8], [12, 8], [4, 3]] as const) {
        terminal.resize({ cols: SIZE.cols, rows })
        assert.deepStrictEqual(terminal.lines(), [...numbered(1, 8), "$ "])
        assert.deepStrictEqual(terminal.cursor(), { row, column: 2 })
      }
    })

    test("a restore shows a new terminal the same", function*(make) {
      for (const [what, bytes] of SESSIONS) {
        const [terminal, whole, cut] = [yield* make(), yield* make(), yield* make()]
        write(terminal, bytes)
        const before = state(terminal)
        const restore = [...terminal.restore({ history: HISTORY })]
        assert.deepStrictEqual(state(terminal), before, what)
        write(whole, ...restore)
        bytewise(cut, Buffer.concat(restore))
        for (const restored of [whole, cut]) {
          assert.deepStrictEqual(state(restored), before, what)
          write(restored, "and on\r\n")
        }
        write(terminal, "and on\r\n")
        for (const restored of [whole, cut]) assert.deepStrictEqual(state(restored), state(terminal), what)
      }
    })

    test("a restore of nothing leaves a terminal as it is", function*(make) {
      const [terminal, fresh] = [yield* make(), yield* make()]
      write(fresh, ...terminal.restore({ history: HISTORY }))
      assert.deepStrictEqual(state(fresh), state(terminal))
    })

    test("what a terminal showed before is above, every line of it", function*(make) {
      const own = [...numbered(1, 2), "% sesh dev"]
      for (const end of ["", "\r\n"]) {
        const [terminal, used] = [yield* make(), yield* make()]
        write(terminal, "one\r\ntwo\r\n$ ")
        write(used, own.join("\r\n"), end, ...terminal.restore({ history: HISTORY }))
        assert.deepStrictEqual(used.lines().map((line) => line.trimEnd()), [...own, "one", "two", "$"])
        assert.deepStrictEqual(used.cursor(), { row: 2, column: 2 })
      }
    })

    test("a restore over what is shown puts it right, and nothing moves", function*(make) {
      for (const [what, bytes] of SESSIONS) {
        const [terminal, other] = [yield* make(), yield* make()]
        write(terminal, bytes)
        write(other, ...terminal.restore({ history: HISTORY }), `\x1b[${SIZE.rows};1Hours\x1b[K`)
        write(other, ...terminal.restore({ history: HISTORY, over: true }))
        assert.deepStrictEqual(state(other), state(terminal), what)
        assert.strictEqual(other.hasScrolled(), terminal.hasScrolled(), what)
      }
    })

    test("knows whether anything has scrolled out", function*(make) {
      const terminal = yield* make()
      write(terminal, ended(numbered(1, SIZE.rows - 1)))
      assert.isFalse(terminal.hasScrolled())
      write(terminal, "\r\n")
      assert.isTrue(terminal.hasScrolled())
    })

    test("a restore brings as much history as is asked for", function*(make) {
      for (const history of [0, 1, 5]) {
        const [terminal, fresh] = [yield* make(), yield* make()]
        write(terminal, `${ended(numbered(1, 9))}$ `)
        write(fresh, ...terminal.restore({ history }))
        assert.deepStrictEqual(fresh.lines(), [...numbered(10 - SIZE.rows + 1 - history, 9), "$ "])
      }
    })

    test("what has begun ends in the terminal that was restored", function*(make) {
      for (const bytes of ["\x1b]0;title\x07", "\x1b[2;3H", "—"].map((text) => Buffer.from(text))) {
        for (let cut = 1; cut < bytes.length; cut++) {
          const [terminal, fresh] = [yield* make(), yield* make()]
          write(terminal, "one\r\ntwo\r\nthree", bytes.subarray(0, cut))
          write(fresh, ...terminal.restore({ history: HISTORY }))
          for (const each of [terminal, fresh]) write(each, bytes.subarray(cut), "!")
          assert.deepStrictEqual(state(fresh), state(terminal))
        }
      }
    })

    test("a restore for a terminal of other columns wraps lines again", function*(make) {
      for (const cols of [12, 30]) {
        const terminal = yield* make()
        const other = yield* make({ cols, rows: SIZE.rows })
        write(terminal, `${LONG}\r\n$ `)
        write(other, ...terminal.restore({ history: HISTORY, size: { cols, rows: SIZE.rows } }))
        assert.deepStrictEqual(other.lines(), [LONG, "$ "])
        assert.deepStrictEqual(other.cursor(), { row: Math.ceil(LONG.length / cols), column: 2 })
        assert.deepStrictEqual(terminal.lines(), [LONG, "$ "])
        assert.deepStrictEqual(terminal.cursor(), { row: 2, column: 2 })
      }
    })

    test("a restore for a terminal of more rows is in the top ones, of fewer where the cursor is", function*(make) {
      for (const [rows, row] of [[2, 1], [5, 3], [9, 3], [30, 3]] as const) {
        const size = { cols: SIZE.cols, rows }
        const [terminal, other] = [yield* make(), yield* make(size)]
        write(terminal, `${ended(numbered(1, 8))}$ `)
        write(other, ...terminal.restore({ history: HISTORY, size }))
        assert.deepStrictEqual(other.lines(), [...numbered(1, 8), "$ "])
        assert.deepStrictEqual(other.cursor(), { row, column: 2 })
      }
    })

    test("who leaves is at the beginning of a line", function*(make) {
      for (const [shown, kept] of [["one\r\n", "one"], ["one\r\ntwo", "two"], ["two\x1b]0;tit", "two"]] as const) {
        const terminal = yield* make()
        write(terminal, shown)
        write(terminal, terminal.leave(), "next")
        assert.deepStrictEqual(terminal.lines().slice(-2), [kept, "next"])
      }
    })

    test("terminals have nothing in common", function*(make) {
      const [one, other] = [yield* make(), yield* make()]
      write(one, "one\x1b]0;title")
      write(other, "other")
      one.dispose()
      write(other, " and on")
      assert.deepStrictEqual([other.lines(), other.title()], [["other and on"], undefined])
    })
  })
