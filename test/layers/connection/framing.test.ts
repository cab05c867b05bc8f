import { assert, describe, it } from "@effect/vitest"
import { type Carrier, FairShare, framed } from "../../../src/layers/connection/framing.ts"
import { encodeFrame, FrameType, MAX_PAYLOAD_BYTES } from "../../../src/schema/protocol/Frame.ts"
import type { ConnectionEnd } from "../../../src/services/Connection.ts"

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

const PINGS = Buffer.concat(Array.from({ length: 1000 }, () => encodeFrame(FrameType.ping, Buffer.from("x"))))

/** A connection whose frames each take so long, in milliseconds. */
const connect = (share: FairShare | undefined, frameMs = 0) => {
  const seen = { frames: 0, paused: false, destroyed: false, end: undefined as ConnectionEnd | undefined }
  const carrier: Carrier = {
    listen: () => {},
    isOpen: () => true,
    write: () => true,
    pending: () => 0,
    pause: () => {
      seen.paused = true
    },
    resume: () => {
      seen.paused = false
    },
    end: () => {},
    destroy: () => {
      seen.destroyed = true
    }
  }
  const { connection, ...events } = framed(carrier, share)
  connection.listen({
    onFrame: () => {
      seen.frames++
      for (const end = performance.now() + frameMs; performance.now() < end;);
    },
    onDrain: () => {},
    onClose: (end) => {
      seen.end = end
    }
  })
  return { connection, seen, ...events }
}

describe("a server's connections", () => {
  it("leave time to each other: a chunk of many frames is handled in turns", async () => {
    const share = new FairShare()
    const greedy = connect(share, 0.2)
    const other = connect(share)
    await turn()
    greedy.onData(PINGS)
    assert.isBelow(greedy.seen.frames, 100)
    assert.isTrue(greedy.seen.paused)
    other.onData(PINGS.subarray(0, 6))
    assert.strictEqual(other.seen.frames, 1)
    for (let turns = 0; greedy.seen.frames < 1000; turns++) {
      assert.isBelow(turns, 1000)
      const before = greedy.seen.frames
      await turn()
      assert.isBelow(greedy.seen.frames - before, 100)
    }
    await turn()
    assert.isFalse(greedy.seen.paused)
  })

  it("hand over all frames before an end, in order or not", async () => {
    for (const isReset of [false, true]) {
      const greedy = connect(new FairShare(), 0.2)
      await turn()
      greedy.onData(PINGS)
      if (isReset) greedy.onClose({ _tag: "Closed" })
      else greedy.onEnd()
      while (greedy.seen.end === undefined) await turn()
      assert.deepStrictEqual([greedy.seen.frames, greedy.seen.end], [1000, { _tag: "Closed" }])
    }
  })

  it("hold up frames while their reader pauses, also in the middle of a turn", async () => {
    const greedy = connect(new FairShare(), 0.2)
    await turn()
    greedy.onData(PINGS)
    greedy.connection.pause()
    const before = greedy.seen.frames
    for (let turns = 0; turns < 10; turns++) await turn()
    assert.strictEqual(greedy.seen.frames, before)
    greedy.connection.resume()
    while (greedy.seen.frames < 1000) await turn()
  })

  it("together hold a bounded part of frames that are never whole", async () => {
    const share = new FairShare()
    const half = encodeFrame(FrameType.ping, Buffer.alloc(MAX_PAYLOAD_BYTES)).subarray(0, MAX_PAYLOAD_BYTES)
    const fair = connect(share)
    const hostile = Array.from({ length: 300 }, () => connect(share))
    await turn()
    for (const one of hostile) {
      for (let at = 0; at < half.length && !one.seen.destroyed; at += 65_536) one.onData(half.subarray(at, at + 65_536))
    }
    const held = hostile.filter(({ seen }) => !seen.destroyed).length
    assert.isBelow(held, 20)
    assert.strictEqual(hostile.at(-1)!.seen.end?._tag, "Broken")
    // One that sends what our own clients send is not dropped for the others.
    fair.onData(encodeFrame(FrameType.input, Buffer.alloc(32 * 1024)).subarray(0, 30_000))
    assert.isFalse(fair.seen.destroyed)
    // What is whole, or gone, counts no more.
    for (const one of hostile) if (!one.seen.destroyed) one.onClose({ _tag: "Closed" })
    const next = connect(share)
    await turn()
    next.onData(half)
    assert.isFalse(next.seen.destroyed)
  })
})

describe("a client's connection", () => {
  it("reads a chunk to its end: it has nobody to leave time to", async () => {
    const client = connect(undefined, 0.02)
    await turn()
    client.onData(PINGS)
    assert.strictEqual(client.seen.frames, 1000)
  })
})
