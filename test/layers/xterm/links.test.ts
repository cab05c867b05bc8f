import { assert, describe, it } from "@effect/vitest"
import { XtermTerminal } from "../../../src/layers/xterm/model.ts"
import { engine } from "../../support/differential.ts"
import { hostile } from "../../support/hostileOutput.ts"

const SIZE = { cols: 40, rows: 6 }

const link = (uri: string, text: string, id = ""): string => `\x1b]8;${id};${uri}\x1b\\${text}\x1b]8;;\x1b\\`

const made = async (history: number) => {
  const { links, core } = (await engine).make(SIZE.cols, SIZE.rows, history)
  return { links, core, write: (output: string) => void core._inputHandler.parse(Buffer.from(output)) }
}

const terminal = async (history: number) => {
  const terminal = new XtermTerminal(await engine, SIZE, history)
  return {
    write: (output: string) => terminal.write(Buffer.from(output)),
    restored: () => Buffer.concat([...terminal.restore({ history })]).toString(),
    styled: () => terminal.styled().join("\n")
  }
}

describe("links cost what text costs", () => {
  it("are gone when no line has them: redrawn in place", async () => {
    const { links, write } = await made(100)
    for (let drawn = 0; drawn < 20_000; drawn++) write(`\x1b[H${link(`http://host/${drawn}`, "link")}`)
    assert.isAtMost(links.size, 2000)
    for (let drawn = 0; drawn < 20_000; drawn++) write(`\x1b[H${link("http://host/same", "link")}`)
    assert.isAtMost(links.size, 2000)
  })

  it("are gone when no line has them: scrolled out of the history", async () => {
    const { links, write } = await made(100)
    for (let line = 0; line < 20_000; line++) write(`${link(`http://host/${line}`, "link", `id=${line}`)}\r\n`)
    assert.isAtMost(links.size, 2000)
  })

  it("take no more memory when they are long", async () => {
    const { core, links, write } = await made(5000)
    for (let drawn = 0; drawn < 4000; drawn++) write(`\x1b[H${link(`http://host/${"p".repeat(3000)}/${drawn}`, "x")}`)
    assert.isAtMost(links.size, 1000)
    write(link(`http://${"p".repeat(5000)}`, "too long to be one"))
    assert.strictEqual(core.buffers.normal.lines.get(0)!._extendedAttrs[20]?._urlId ?? 0, 0)
  })

  it("have nothing that every scroll moves", async () => {
    const { core, write } = await made(100)
    write(hostile("links", 1, SIZE).toString())
    const { markers } = core.buffers.normal as unknown as { readonly markers: ReadonlyArray<unknown> }
    assert.strictEqual(markers.length, 0)
  })
})

describe("links are restored", () => {
  it("all that lines have, however many came since", async () => {
    const { restored, styled, write } = await terminal(5000)
    for (let line = 0; line < 4000; line++) write(`${link(`http://host/${line}`, `name ${line}`)}\r\n`)
    const all = [restored(), styled()]
    for (let line = 0; line < 4000; line++) {
      for (const output of all) assert.include(output, `\x1b]8;;http://host/${line}\x1b\\name ${line}\x1b]8;;\x1b\\`)
    }
  })

  it("with their ids, and as many as there were beside each other", async () => {
    const { restored, write } = await terminal(10)
    write(link("http://a", "one", "id=1") + link("http://a", "two", "id=1") + link("http://b", "x", "id=1"))
    write(`\r\n${link("http://c", "three")}${link("http://c", "four")}${link("http://c", "five")}`)
    const output = restored()
    assert.include(output, "\x1b]8;id=1;http://a\x1b\\onetwo\x1b]8;id=1;http://b\x1b\\x\x1b]8;;\x1b\\")
    assert.include(
      output,
      "\x1b]8;;http://c\x1b\\three\x1b]8;;http://c\x1b\\four\x1b]8;;http://c\x1b\\five\x1b]8;;\x1b\\"
    )
  })

  it("the one that is being written, though no line has it any more", async () => {
    const { restored, write } = await terminal(10)
    write(`\x1b]8;;http://open\x1b\\text\x1b[2J`)
    write(`\x1b7${Array.from({ length: 3000 }, (_, at) => `\x1b]8;;http://host/${at}\x1b\\x\x1b[H`).join("")}`)
    write(`\x1b]8;;http://open\x1b\\\x1b[2J\x1b[Hstill`)
    assert.include(restored(), "\x1b]8;;http://open\x1b\\still")
  })
})
