import { assert, describe, it } from "@effect/vitest"
import { age, shortPath, table, visible } from "../../../src/commands/words/text.ts"

describe("text for people", () => {
  it("control characters are shown, not sent", () => {
    assert.strictEqual(visible("a\u001b[2Jb\r\n\u007f\u009b\u202e"), "a\\x1b[2Jb\\x0d\\x0a\\x7f\\x9b\\u202e")
    assert.strictEqual(visible("naïve 日本 🚀"), "naïve 日本 🚀")
  })

  it("columns line up, wide characters too", () => {
    assert.deepStrictEqual(table([["a", "1", "x"], ["日本", "22", ""]]), ["a     1   x", "日本  22"])
  })

  it.each([[0, "0s"], [59_999, "59s"], [60_000, "1m"], [7_200_000, "2h"], [200_000_000, "2d"], [-5, "0s"]])(
    "%d ms is %s",
    (ms, text) => assert.strictEqual(age(ms), text)
  )

  it("home is ~", () => {
    assert.strictEqual(shortPath("/home/u/x", "/home/u"), "~/x")
    assert.strictEqual(shortPath("/home/u", "/home/u"), "~")
    assert.strictEqual(shortPath("/home/user2", "/home/u"), "/home/user2")
    assert.strictEqual(shortPath("/etc", "/"), "/etc")
  })
})
