import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { parseDetachKey } from "../../src/schema/DetachKey.ts"
import { parseSessionName, SessionName } from "../../src/schema/SessionName.ts"

describe("session names", () => {
  it.each(["dev", "a", "Work.2", "x_y-z", "1", "list", "a".repeat(64)])("%s is one", (name) => {
    assert.isTrue(Result.isSuccess(parseSessionName(name)))
  })

  it.each([
    ["", "empty"],
    ["a/b", "letters"],
    ["..", "start"],
    [".hidden", "start"],
    ["-d", "start"],
    ["a b", "letters"],
    ["a\nb", "letters"],
    ["a\u001b[2J", "letters"],
    ["é", "letters"],
    ["a".repeat(65), "65"]
  ])("%j is not, and the message says why", (name, why) => {
    const error = Result.getOrThrow(Result.flip(parseSessionName(name)))
    assert.include(error.message, why)
    assert.notMatch(error.message, /[\u0000-\u001f]/)
  })
})

const anyText = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Union([
    Schema.Literals([
      "a",
      "Z",
      "0",
      "_",
      "-",
      ".",
      "/",
      "~",
      " ",
      "\n",
      "\u001b[2J",
      "\u202e",
      "é",
      "\0",
      "a".repeat(32)
    ]),
    Schema.String
  ]))),
  (parts) => parts.join("")
)

describe("any text", () => {
  it.prop("is a session's name as it is, or is told which rule it breaks", [anyText], ([text]) => {
    const parsed = parseSessionName(text)
    assert.strictEqual(Result.isSuccess(parsed), Schema.is(SessionName)(text), "parser and schema agree")
    if (Result.isSuccess(parsed)) {
      assert.strictEqual(parsed.success as string, text)
      assert.match(text, /^[^-./\p{C}\p{Z}][^/\p{C}\p{Z}]*$/u, "a file's name, and no option")
    } else assert.notMatch(parsed.failure.message, /[\u0000-\u001f]/)
  }, { arbitrary: { runs: 1000 } })
})

describe("SESH_DETACH_KEY", () => {
  it("^\\ is Ctrl-\\: byte 0x1c, code point 92", () => {
    assert.deepStrictEqual(Result.getOrThrow(parseDetachKey("^\\")), { byte: 0x1c, code: 92 })
  })

  it("a letter is the same in either case", () => {
    assert.deepStrictEqual(Result.getOrThrow(parseDetachKey("^A")), { byte: 1, code: 97 })
    assert.deepStrictEqual(Result.getOrThrow(parseDetachKey("^a")), { byte: 1, code: 97 })
  })

  it("none means no key", () => {
    assert.isUndefined(Result.getOrThrow(parseDetachKey("none")))
  })

  it.each(["", "a", "^", "^aa", "^[", "^m", "^i", "^1", "C-a"])("%j is refused with what to write", (input) => {
    assert.include(Result.getOrThrow(Result.flip(parseDetachKey(input))).message, "such as ^q")
  })
})
