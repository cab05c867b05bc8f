import { assert, describe, it } from "@effect/vitest"
import { KEY_DIGITS, keyOf } from "../../../src/layers/system/fnv.ts"

describe("a key", () => {
  it("is FNV-1a of 64 bits, as its authors have published it", () => {
    const published = { "": 0xcbf29ce484222325n, a: 0xaf63dc4c8601ec8cn, foobar: 0x85944171f73967e8n }
    for (const [text, hash] of Object.entries(published)) {
      assert.strictEqual(keyOf(text), hash.toString(36).padStart(KEY_DIGITS, "0"))
    }
  })

  it("is the same for bytes of any value as without halves", () => {
    const bytes = "\u0000ÿ€\u{1f600}".repeat(2000)
    let hash = 0xcbf29ce484222325n
    for (const byte of Buffer.from(bytes)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
    assert.strictEqual(keyOf(bytes), hash.toString(36).padStart(KEY_DIGITS, "0"))
  })
})
