import { assert, describe, it } from "@effect/vitest"
import { fromBytes, isText, pathOf, toBytes } from "../../src/schema/ByteString.ts"

describe("text that stands for bytes", () => {
  const texts = ["", "plain", "caf\u00e9", "\ufffd", "\u{1f600} \u4e2d", "a\0b", "\ufeffbom"]
  for (const text of texts) {
    it(`is itself where the bytes are UTF-8: ${JSON.stringify(text)}`, () => {
      assert.strictEqual(fromBytes(Buffer.from(text)), text)
      assert.isTrue(toBytes(text).equals(Buffer.from(text)))
      assert.isTrue(isText(text))
      assert.strictEqual(pathOf(text), text)
    })
  }

  const bytes = [
    "2f6d6e742f636166e9",
    "ff",
    "c3",
    "c328",
    "e282",
    "e2e282ac",
    "eda080",
    "c080",
    "f4908080",
    "80bf",
    "efbfbde9",
    "f09f9880e9f09f98"
  ]
  for (const hex of bytes) {
    it(`gives back bytes that are not UTF-8, also by way of JSON: ${hex}`, () => {
      const given = Buffer.from(hex, "hex")
      const text = fromBytes(given)
      assert.isFalse(isText(text))
      assert.strictEqual(toBytes(text).toString("hex"), hex)
      assert.strictEqual(toBytes(JSON.parse(JSON.stringify(text)) as string).toString("hex"), hex)
      assert.strictEqual((pathOf(text) as Buffer).toString("hex"), hex)
    })
  }

  it("gives back any bytes", () => {
    let seed = 7
    const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648
    for (let round = 0; round < 2000; round++) {
      const given = Buffer.from(Array.from({ length: Math.floor(random() * 9) }, () => Math.floor(random() * 256)))
      assert.isTrue(toBytes(fromBytes(given)).equals(given), given.toString("hex"))
    }
  })
})
