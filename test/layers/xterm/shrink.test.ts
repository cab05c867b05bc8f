import { assert, describe, it } from "@effect/vitest"
import { XtermTerminal } from "../../../src/layers/xterm/model.ts"
import { resize } from "../../../src/layers/xterm/resize.ts"
import { engine } from "../../support/differential.ts"
import { random } from "../../support/torture.ts"

describe("a window with fewer columns", () => {
  it("keeps the last lines, as many as there is room for", async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const next = random(seed)
      const pick = <T>(items: ReadonlyArray<T>): T => items[Math.floor(next() * items.length)]!
      const size = { cols: pick([20, 40]), rows: pick([3, 6]) }
      const history = pick([5, 30])
      const terminal = new XtermTerminal(await engine, size, history)
      for (let count = 0; count < 100; count++) {
        const text = pick(["", "a b", "x".repeat(Math.floor(next() * 300)), "日本語".repeat(Math.floor(next() * 9))])
        terminal.write(Buffer.from(`${count}${text}\r\n`))
      }
      const before = terminal.lines().join("\n")
      const smaller = { cols: pick([2, 3, 7, 15]), rows: size.rows }
      terminal.resize(smaller)
      const after = terminal.lines().join("\n")
      assert.isTrue(before.endsWith(after), `seed ${seed}: ${JSON.stringify(after)}`)
      assert.isAtLeast(after.length, Math.min(before.length, history))
      terminal.write(Buffer.from("\r\nlast"))
      assert.strictEqual(terminal.lines().slice(-1)[0], "last")
    }
  })

  const large = Array.from({ length: 2000 }, () => "x".repeat(79))

  it.each([
    ["many lines", `${large.join("\r\n")}\r\n`],
    ["one line", `${large.join("")}\r\n`]
  ])("asks for no more rows than there is room for, whatever a history of %s would fill", async (_, text) => {
    const { core } = (await engine).make(80, 24, 1000)
    core._inputHandler.parse(Buffer.from(text))
    const { normal } = core.buffers
    const { getBlankLine } = normal
    let blank = 0
    normal.getBlankLine = function(...given) {
      blank++
      return getBlankLine.apply(this, given)
    }
    resize(core, 2, 24)
    // The screen's own lines are wrapped too.
    assert.isAtMost(blank, 1024 + 40 * 25)
    assert.strictEqual(normal.lines.length, 1024)
    assert.strictEqual(normal.lines.maxLength, 1024)
  })
})

describe("an alternate screen", () => {
  it("has no history, also where the window had more rows before", async () => {
    const small = { cols: 20, rows: 3 }
    const restores: Array<string> = []
    for (const rows of [3, 6]) {
      const terminal = new XtermTerminal(await engine, { cols: 20, rows }, 10)
      terminal.resize(small)
      terminal.write(Buffer.from("\x1b[?1049h1\r\n2\r\n3\r\n4\r\n5"))
      terminal.resize({ cols: 20, rows: 6 })
      restores.push(Buffer.concat([...terminal.restore({ history: 0 })]).toString())
    }
    assert.strictEqual(restores[1], restores[0])
  })
})
