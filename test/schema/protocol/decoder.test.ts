import { assert, describe, it } from "@effect/vitest"
import {
  encodeFrame,
  FrameDecoder,
  FrameType,
  MAX_LINES_BYTES,
  MAX_PAYLOAD_BYTES
} from "../../../src/schema/protocol/Frame.ts"

const claim = (type: number, bytes: number): Buffer => {
  const header = Buffer.from([type, 0, 0, 0, 0])
  header.writeUInt32BE(bytes, 1)
  return header
}

describe("a decoder whose reader holds frames up", () => {
  const stream = Buffer.concat(
    Array.from({ length: 10 }, (_, index) => encodeFrame(FrameType.ping, Buffer.from(`${index}`)))
  )

  it.each([1, 3, 7, 1000])("hands them over later, in order, of chunks of %i bytes", (size) => {
    const decoder = new FrameDecoder()
    const heard: Array<string> = []
    const onFrame = (_: number, payload: Buffer) => void heard.push(payload.toString())
    for (let at = 0; at < stream.length; at += size) {
      decoder.push(stream.subarray(at, at + size), onFrame, () => true)
    }
    assert.deepStrictEqual([heard, decoder.isHolding, decoder.heldBytes], [[], true, stream.length])
    for (let most = 1; decoder.isHolding; most++) {
      let room = 3
      decoder.resume(onFrame, () => room-- === 0)
      assert.strictEqual(heard.length, Math.min(10, 3 * most))
    }
    assert.deepStrictEqual(heard, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
    assert.deepStrictEqual([decoder.heldBytes, decoder.isCut], [0, false])
  })

  it("knows whether the stream ends inside a frame", () => {
    for (let length = 0; length <= stream.length; length++) {
      const isWhole = length % 6 === 0
      for (const isHeld of [true, false]) {
        const decoder = new FrameDecoder()
        decoder.push(stream.subarray(0, length), () => undefined, () => isHeld)
        assert.strictEqual(decoder.isCut, !isWhole, `${length}, held: ${isHeld}`)
      }
    }
  })
})

describe("a decoder", () => {
  it("is no slower, and holds no more, when a long frame comes byte by byte", () => {
    const payload = Buffer.alloc(MAX_PAYLOAD_BYTES, "x")
    const stream = encodeFrame(FrameType.ping, payload)
    const decoder = new FrameDecoder()
    let heard: Buffer | undefined
    for (let at = 0; at < stream.length; at++) {
      decoder.push(stream.subarray(at, at + 1), (_, payload) => (heard = payload))
    }
    assert.isTrue(heard?.equals(payload))
  })

  it("takes longer frames of a history, as daemons sent them until 1.2, and no others", () => {
    const take = (header: Buffer) => new FrameDecoder().push(header, () => undefined)
    assert.isUndefined(take(claim(FrameType.lines, MAX_LINES_BYTES)))
    assert.isDefined(take(claim(FrameType.lines, MAX_LINES_BYTES + 1)))
    for (const type of [...Object.values(FrameType), 16, 200].filter((type) => type !== FrameType.lines)) {
      assert.isDefined(take(claim(type, MAX_PAYLOAD_BYTES + 1)), `type ${type}`)
    }
    const line = Buffer.alloc(3 * MAX_PAYLOAD_BYTES, "y")
    const decoder = new FrameDecoder()
    let heard = 0
    const stream = encodeFrame(FrameType.lines, line)
    for (let at = 0; at < stream.length; at += 65_536) {
      decoder.push(stream.subarray(at, at + 65_536), (_, payload) => (heard = payload.length))
    }
    assert.strictEqual(heard, line.length)
  })
})
