import { assert, describe, it } from "@effect/vitest"
import { Broadcast } from "../../../src/layers/daemon/broadcast.ts"
import type { FlowControl } from "../../../src/layers/daemon/flowControl.ts"
import { HistoryTransfers } from "../../../src/layers/daemon/historyTransfers.ts"
import type { Peer } from "../../../src/layers/daemon/peer.ts"
import { decodeOffset, FrameType, OFFSET_BYTES, RESTORE_OVER } from "../../../src/schema/protocol/Frame.ts"
import type { Picture, PicturePart, ScrollbackModel } from "../../../src/services/Scrollback.ts"

/** A model that makes its pictures when the test says so, and a client that writes down what it is sent. */
const stage = () => {
  const asked: Array<{ readonly picture: Picture; readonly give: (part: PicturePart) => void }> = []
  const sent: Array<string> = []
  let cancelled = 0
  const model = {
    inSlices: (picture: Picture, give: (part: PicturePart) => void) => {
      asked.push({ picture, give })
      return () => void cancelled++
    }
  } as unknown as ScrollbackModel
  const peer = {
    state: "live",
    size: { cols: 80, rows: 24 },
    connection: {
      pending: () => 0,
      send: (type: number, ...parts: ReadonlyArray<Buffer>) => {
        const payload = Buffer.concat(parts)
        if (type === FrameType.lines) sent.push(`lines ${payload.length - 1}${payload[0] === 1 ? " last" : ""}`)
        else {
          const isOutput = type === FrameType.output
          const over = !isOutput && (payload[OFFSET_BYTES]! & RESTORE_OVER) !== 0 ? " over" : ""
          const bytes = payload.subarray(isOutput ? OFFSET_BYTES : OFFSET_BYTES + 1).toString()
          sent.push(`${isOutput ? "output" : `restore${over}`} ${decodeOffset(payload)} ${bytes}`)
        }
        return true
      }
    }
  } as unknown as Peer
  const broadcast = new Broadcast(model, { pauseFor: () => {} } as unknown as FlowControl, { check: () => {} })
  const make = (index: number, bytes: string | undefined, offset: number) =>
    asked[index]!.give({ bytes: bytes === undefined ? undefined : [Buffer.from(bytes)], offset, isLast: true })
  const output = (offset: number, text: string) => broadcast.output(peer, offset, [Buffer.from(text)])
  return { asked, broadcast, make, model, output, peer, sent, cancelled: () => cancelled }
}

describe("a restore that takes long", () => {
  it("comes before the output that is not in it", () => {
    const { broadcast, make, output, peer, sent } = stage()
    output(0, "first")
    broadcast.restore(peer)
    output(5, "in it")
    output(10, "after")
    assert.deepStrictEqual(sent, ["output 0 first"])
    make(0, "screen", 10)
    output(15, "live")
    assert.deepStrictEqual(sent, ["output 0 first", "restore 10 screen", "output 10 after", "output 15 live"])
  })

  it("gives way to another one, and its history goes into that", () => {
    const { asked, broadcast, cancelled, make, output, peer, sent } = stage()
    broadcast.restore(peer)
    output(0, "one")
    broadcast.restore(peer, false)
    output(3, "two")
    assert.deepStrictEqual(asked.map(({ picture }) => picture.kind === "restore" && picture.history), [true, true])
    assert.strictEqual(cancelled(), 1)
    make(0, "old", 0)
    assert.deepStrictEqual(sent, [])
    make(1, "new", 3)
    assert.deepStrictEqual(sent, ["restore 3 new", "output 3 two"])
  })

  it("takes the place of a redraw that cannot be made", () => {
    const { asked, broadcast, make, output, peer, sent } = stage()
    broadcast.redraw(peer, false)
    output(0, "one")
    make(0, undefined, 0)
    assert.deepInclude(asked[1]!.picture, { kind: "restore", history: false })
    make(1, "screen", 0)
    assert.deepStrictEqual(sent, ["restore 0 screen", "output 0 one"])
    broadcast.redraw(peer, true)
    make(2, "screen", 3)
    assert.strictEqual(sent.at(-1), "restore over 3 screen")
  })

  it("is not for a client that is gone, or that lags", () => {
    const { broadcast, cancelled, make, peer, sent } = stage()
    broadcast.restore(peer)
    peer.state = "lagging"
    make(0, "screen", 0)
    broadcast.restore(peer)
    broadcast.cancel(peer)
    make(1, "screen", 0)
    assert.deepStrictEqual([sent, cancelled()], [[], 1])
  })
})

describe("a history that takes long", () => {
  it("is sent as it is made, in pieces that a socket takes", () => {
    const { asked, model, peer, sent } = stage()
    const transfers = new HistoryTransfers(() => {})
    transfers.begin(peer, (then) => model.inSlices({ kind: "history", ansi: false }, then))
    asked[0]!.give({ bytes: [Buffer.alloc(100_000, "x")], offset: 0, isLast: false })
    assert.deepStrictEqual(sent, ["lines 65536", "lines 34464"])
    assert.isTrue(transfers.has(peer))
    asked[0]!.give({ bytes: [], offset: 0, isLast: true })
    assert.deepStrictEqual(sent.slice(2), ["lines 0 last"])
    assert.isFalse(transfers.has(peer))
  })
})
