import { assert, describe, it } from "@effect/vitest"
import type { Engine, Instance } from "../../../src/layers/xterm/load.ts"
import { XtermTerminal } from "../../../src/layers/xterm/model.ts"
import type { Size } from "../../../src/schema/Session.ts"
import { compareAt, engine, points, recordings } from "../../support/differential.ts"

/** Offsets at which a client attaches in each recording; `RESTORE_POINTS` sets another number. */
const POINTS = Number(process.env["RESTORE_POINTS"] ?? 6)

const HISTORY = 2000
const SMALL: Size = { cols: 50, rows: 12 }
const LARGE: Size = { cols: 110, rows: 32 }

const numbered = (word: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${word} ${from + index}`)

const ended = (lines: ReadonlyArray<string>) => lines.map((line) => `${line}\r\n`).join("")

const session = (loaded: Engine, ...written: ReadonlyArray<string>) => {
  const model = new XtermTerminal(loaded, SMALL, 5000)
  for (const text of written) model.write(Buffer.from(text))
  return model
}

const write = ({ core }: Instance, ...parts: ReadonlyArray<string | Buffer>) => {
  for (const part of parts) core._inputHandler.parse(Buffer.from(part as string))
}

/** A terminal of this size, after a restore. */
const restored = (loaded: Engine, model: XtermTerminal, size: Size, history = HISTORY) => {
  const watcher = loaded.make(size.cols, size.rows, 5000)
  write(watcher, ...model.restore({ history, size }))
  return watcher
}

const text = ({ core: { buffers: { active } } }: Instance, from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => active.lines.get(from + index)!.translateToString(true).trimEnd())

/** The rows on the screen, without blank ones at the end. */
const screen = (watcher: Instance) => {
  const { buffers: { active }, rows } = watcher.core
  const shown = text(watcher, active.ybase, active.ybase + rows)
  while (shown.at(-1) === "") shown.pop()
  return shown
}

const above = (watcher: Instance) => text(watcher, 0, watcher.core.buffers.active.ybase)

const cursor = ({ core: { buffers: { active } } }: Instance) => [active.y, active.x]

/** Lines that scroll above a last row that stays, as apt writes them. */
const work = (from: number, to: number) =>
  numbered("", from, to).map((number) => `\r\nwork${number}\x1b7\x1b[12;1Hprogress${number}\x1b8`).join("")

const worked = (last: number) => [...numbered("work", last - 10, last), `progress ${last}`]

describe("in a terminal with more rows than the session", () => {
  it.each(recordings().map((recording) => [recording.name, recording] as const))(
    "%s is at the top, all else as in a terminal of the session's size",
    async (_, recording) => {
      const loaded = await engine
      for (const [index, point] of points(recording, POINTS, 2).entries()) {
        const more = [1, 7, 40][index % 3]!
        const { answered, difference, lost, unclean } = compareAt(loaded, recording, point, more)
        const at = `attached at byte ${point} with ${more} rows more`
        assert.isUndefined(difference, at)
        assert.deepStrictEqual({ answered, lost, unclean }, { answered: [], lost: 0, unclean: [] }, at)
      }
    },
    60_000
  )

  it("all history is above the screen, also a short one", async () => {
    const loaded = await engine
    for (const size of [{ ...SMALL, rows: 13 }, { ...SMALL, rows: 32 }, LARGE]) {
      for (const count of [3, 12, 13, 20, 40, 100]) {
        const lines = numbered("line", 1, count)
        const watcher = restored(loaded, session(loaded, ended(lines), "$ "), size)
        const top = Math.max(0, count - SMALL.rows + 1)
        assert.deepStrictEqual(screen(watcher), [...lines.slice(top), "$"])
        assert.deepStrictEqual(above(watcher), lines.slice(0, top))
        assert.deepStrictEqual(cursor(watcher), [count - top, 2])
      }
    }
  })

  it("a restore without history sends none", async () => {
    const loaded = await engine
    const watcher = restored(loaded, session(loaded, ended(numbered("line", 1, 100)), "$ "), LARGE, 0)
    assert.deepStrictEqual(screen(watcher), [...numbered("line", 90, 100), "$"])
    assert.deepStrictEqual(above(watcher), [])
  })

  it("a line that began in the history is still one line", async () => {
    const loaded = await engine
    const long = "abcdefghij".repeat(12)
    const model = session(loaded, ended(numbered("line", 1, 30)), `${long}\r\n`, ended(numbered("line", 31, 40)), "$ ")
    const watcher = restored(loaded, model, { ...SMALL, rows: 32 })
    assert.strictEqual(screen(watcher)[0], long.slice(100))
    assert.deepStrictEqual(above(watcher).slice(-2), [long.slice(0, 50), long.slice(50, 100)])
    const { lines, ybase } = watcher.core.buffers.normal
    assert.deepStrictEqual([-2, -1, 0, 1].map((row) => lines.get(ybase + row)!.isWrapped), [false, true, true, false])
  })

  it.each([["as wide", { ...SMALL, rows: 32 }], ["wider", LARGE], ["narrower", { cols: 40, rows: 32 }]] as const)(
    "%s: what a program writes at a row is in that row, before and after the restore",
    async (_, size) => {
      const loaded = await engine
      const model = session(loaded, ended(numbered("line", 1, 40)), "\x1b[1;11r", work(1, 20))
      const watcher = restored(loaded, model, size)
      assert.deepStrictEqual(screen(watcher), worked(20))
      assert.deepStrictEqual(cursor(watcher), [10, 7])
      write(watcher, work(21, 40))
      assert.deepStrictEqual(screen(watcher), worked(40))
    }
  )

  it("the last row of the session is where lines scroll", async () => {
    const loaded = await engine
    const model = session(loaded, ended(numbered("line", 1, 40)), "$ ")
    const watcher = restored(loaded, model, LARGE)
    write(watcher, ended(numbered("more", 1, 30)), "\x1b[1;1H\x1b[Kfirst\x1b[12;1Hlast")
    assert.deepStrictEqual(screen(watcher), ["first", ...numbered("more", 21, 30), "last"])
    assert.deepStrictEqual(above(watcher).slice(0, 40), numbered("line", 1, 40))
  })

  it("a full-screen program is at the top, and so is the shell after its end", async () => {
    const loaded = await engine
    const rows = (word: string) => numbered(word, 1, 12).map((text, index) => `\x1b[${index + 1};1H${text}`).join("")
    const model = session(loaded, ended(numbered("line", 1, 40)), `$ edit\x1b[?1049h\x1b[2J${rows("text")}\x1b[3;2H`)
    const watcher = restored(loaded, model, LARGE)
    assert.deepStrictEqual(screen(watcher), numbered("text", 1, 12))
    assert.deepStrictEqual(cursor(watcher), [2, 1])
    write(watcher, "\x1b[12;1H\n\x1b[12;1Htext 13")
    assert.deepStrictEqual(screen(watcher), numbered("text", 2, 13))
    write(watcher, "\x1b[?1049l")
    assert.deepStrictEqual(screen(watcher), [...numbered("line", 30, 40), "$ edit"])
    assert.deepStrictEqual(cursor(watcher), [11, 6])
    assert.deepStrictEqual(above(watcher), numbered("line", 1, 29))
  })
})

describe("in a terminal with fewer rows than the session", () => {
  it("the part of the screen with the cursor shows, and new output", async () => {
    const loaded = await engine
    const model = session(loaded, ended(numbered("line", 1, 40)), "$ ")
    const watcher = restored(loaded, model, { cols: 50, rows: 5 })
    assert.deepStrictEqual(screen(watcher), [...numbered("line", 37, 40), "$"])
    assert.deepStrictEqual(above(watcher), numbered("line", 1, 36))
    write(watcher, "echo\r\nmore\r\n$ ")
    assert.deepStrictEqual(screen(watcher), ["line 39", "line 40", "$ echo", "more", "$"])
  })

  it("a cursor further up shows as well", async () => {
    const loaded = await engine
    for (const row of [1, 4, 7, 12]) {
      const model = session(loaded, ended(numbered("line", 1, 40)), `\x1b[${row};3H`)
      const watcher = restored(loaded, model, { cols: 40, rows: 5 })
      const [y, x] = cursor(watcher)
      assert.strictEqual(x, 2)
      assert.strictEqual(screen(watcher)[y!] ?? "", row === 12 ? "" : `line ${29 + row}`)
    }
  })
})
