import { assert, describe, it } from "@effect/vitest"
import { EndMark, endMarkOf } from "../../../../src/layers/ssh/shared/endMark.ts"
import { until } from "../../../support/until.ts"

const MARK = endMarkOf("sesh-1")
const END = Buffer.concat([MARK, Buffer.from("137\n")])

const hearing = (isOpen = () => true) => {
  const heard: Array<Buffer> = []
  const end = new EndMark(MARK, (bytes) => heard.push(bytes), isOpen)
  return { end, text: () => Buffer.concat(heard).toString("latin1") }
}

describe("the end of a program's output", () => {
  it("is where the mark is, wherever the pieces are cut, and nothing after it counts", () => {
    const all = Buffer.concat([Buffer.from("out\u001eput\u001e"), END, Buffer.from("of others")])
    for (let first = 0; first <= all.length; first++) {
      for (let second = first; second <= all.length; second++) {
        const { end, text } = hearing()
        for (const piece of [all.subarray(0, first), all.subarray(first, second), all.subarray(second)]) end.take(piece)
        assert.deepStrictEqual([text(), end.code], ["out\u001eput\u001e", 137])
      }
    }
  })

  it("what looks like its beginning is handed over when nothing follows, but not to one who pauses", async () => {
    let open = false
    const { end, text } = hearing(() => open)
    end.take(Buffer.from("a\u001esesh"))
    assert.strictEqual(text(), "a")
    open = true
    await until("it came", () => text() === "a\u001esesh")
    end.take(Buffer.from("b\u001e"))
    end.flush()
    assert.deepStrictEqual([text(), end.code], ["a\u001eseshb\u001e", undefined])
  })
})
