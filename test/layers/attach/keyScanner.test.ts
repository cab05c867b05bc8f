import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { KeyScanner } from "../../../src/layers/attach/keyScanner.ts"
import { parseDetachKey } from "../../../src/schema/DetachKey.ts"

const scanner = (key = "^\\") => new KeyScanner([Result.getOrThrow(parseDetachKey(key))!])

/** Types chunk after chunk, as reads from a terminal; gives what was passed on and whether it detached. */
const type = (chunks: ReadonlyArray<string>, key?: string) => {
  const keys = scanner(key)
  let typed = ""
  for (const chunk of chunks) {
    const { bytes, detach } = keys.push(Buffer.from(chunk, "latin1"))
    typed += bytes.toString("latin1")
    if (detach) return { typed, detach }
  }
  return { typed: typed + keys.flush().toString("latin1"), detach: false }
}

const PLAIN = "\x1c"
const KITTY = "\x1b[92;5u"
const XTERM = "\x1b[27;5;92~"

describe("the detach key", () => {
  it.each([
    ["as a control character", PLAIN],
    ["in the kitty keyboard protocol", KITTY],
    ["under modifyOtherKeys", XTERM],
    ["with Caps Lock and Num Lock on", "\x1b[92;197u"],
    ["as a press event", "\x1b[92;5:1u"],
    ["as a repeat", "\x1b[92;5:2u"],
    ["with alternate keys", "\x1b[92:124:92;5u"]
  ])("is recognised %s, alone, in the middle and split anywhere", (_, key) => {
    assert.deepStrictEqual(type([key]), { typed: "", detach: true })
    assert.deepStrictEqual(type([`ls\r${key}rest`]), { typed: "ls\r", detach: true })
    for (let at = 1; at < key.length; at++) {
      assert.deepStrictEqual(type([`x${key.slice(0, at)}`, key.slice(at)]), { typed: "x", detach: true })
    }
    assert.deepStrictEqual(type(["x", ...key]), { typed: "x", detach: true })
  })

  it.each([
    ["its release", "\x1b[92;5:3u"],
    ["the key without Ctrl", "\x1b[92;1u"],
    ["Ctrl-Alt with it", "\x1b[92;7u"],
    ["another key with Ctrl", "\x1b[97;5u"],
    ["another key under modifyOtherKeys", "\x1b[27;5;97~"],
    ["an arrow key", "\x1b[A"],
    ["a function key", "\x1b[15;5~"],
    ["a paste", "\x1b[200~text\x1b[201~"],
    ["a mouse report", "\x1b[<0;92;5M"],
    ["a lone Escape", "\x1b"],
    ["Alt-Escape", "\x1b\x1b"],
    ["a terminal's answer", "\x1b[?62;22c\x1b]11;rgb:0000/0000/0000\x1b\\"]
  ])("is not %s: every byte is passed on", (_, bytes) => {
    assert.deepStrictEqual(type([bytes]), { typed: bytes, detach: false })
    assert.deepStrictEqual(type([...bytes]), { typed: bytes, detach: false })
  })

  it("can be another one", () => {
    assert.deepStrictEqual(type(["a\x1cb\x11c"], "^q"), { typed: "a\x1cb", detach: true })
    assert.deepStrictEqual(type(["\x1b[113;5u"], "^q"), { typed: "", detach: true })
  })

  it("holds back no more than an unfinished report", () => {
    const keys = scanner()
    assert.strictEqual(keys.push(Buffer.from("abc")).bytes.toString(), "abc")
    assert.isFalse(keys.holds)
    keys.push(Buffer.from("\x1b[92"))
    assert.isTrue(keys.holds)
    assert.strictEqual(keys.push(Buffer.from("A")).bytes.toString("latin1"), "\x1b[92A")
    const long = `\x1b[${"1;".repeat(100)}`
    assert.strictEqual(keys.push(Buffer.from(long)).bytes.toString("latin1"), long)
  })
})
