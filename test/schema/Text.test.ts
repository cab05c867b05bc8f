import { assert, describe, it } from "@effect/vitest"
import { lastLine, oneLine } from "../../src/layers/ssh/shared/sanitize.ts"
import { excerpt } from "../../src/schema/Event.ts"
import { isPlainPath, terminalVariables } from "../../src/schema/protocol/Serve.ts"
import { parseSyncList } from "../../src/schema/SyncList.ts"
import { visible, wrapped } from "../../src/schema/Text.ts"

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** C0, DEL and C1; the separators of lines and paragraphs; what turns the direction of writing (UAX #9). */
const UNSEEN = [
  ...range(0x00, 0x1f),
  ...range(0x7f, 0x9f),
  ...range(0x200e, 0x200f),
  ...range(0x2028, 0x202e),
  ...range(0x2066, 0x2069)
].map((code) => String.fromCharCode(code))

const ORDINARY = "naïve 日本 🚀 שלום ~!@#$%^&*()_+-=[]{};':\"|,.<>/?"

/** Every way in which words of others get into ours. */
const WAYS: ReadonlyArray<readonly [name: string, show: (text: string) => string]> = [
  ["visible", visible],
  ["one line", oneLine],
  ["the last line", lastLine],
  ["an event", excerpt]
]

describe("characters that must not be shown", () => {
  it.each(WAYS)("%s has none of them, and all others", (_, show) => {
    for (const character of UNSEEN) {
      const shown = show(`a${character}b`)
      // An event may have several lines.
      if (show === excerpt && character === "\n") assert.strictEqual(shown, "a\nb")
      else assert.notInclude(shown, character, JSON.stringify(character))
    }
    assert.strictEqual(show(ORDINARY), ORDINARY)
  })

  it("nothing that has one of them is taken for a path or a value", () => {
    for (const character of UNSEEN) {
      const text = `/a${character}b`
      assert.isFalse(isPlainPath(text))
      assert.deepStrictEqual(terminalVariables({ LANG: text }), {})
      assert.deepStrictEqual(
        parseSyncList(`a${character}b`).paths.map(({ path }) => path),
        character === "\n" ? ["a", "b"] : []
      )
    }
    assert.isTrue(isPlainPath(`/${ORDINARY}`))
  })
})

describe("text in lines", () => {
  it("is as wide as it may be, and a longer word has a line of its own", () => {
    assert.deepStrictEqual(wrapped("a bc def ghijklmnop q rs", 6), ["a bc", "def", "ghijklmnop", "q rs"])
    assert.deepStrictEqual(wrapped("", 6), [""])
  })

  it("may end a line where a sentence ends", () => {
    assert.deepStrictEqual(wrapped("It is. So it is.", 80, (line) => line.endsWith(".")), ["It is.", "So it is."])
  })
})
