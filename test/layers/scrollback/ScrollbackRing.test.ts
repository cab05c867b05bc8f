import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ByteRing } from "../../../src/layers/scrollback/byteRing.ts"
import * as Ring from "../../../src/layers/scrollback/ScrollbackRing.ts"
import { Scrollback } from "../../../src/services/Scrollback.ts"

/** Bytes that differ with their offset, by a simple hash. */
const pattern = (from: number, length: number) =>
  Buffer.from(Array.from({ length }, (_, i) => ((from + i) * 2654435761 >>> 13) & 0xff))

describe("the ring", () => {
  it("holds the last bytes, for writes of any size, and gives none that are gone", () => {
    const ring = new ByteRing(256 * 1024)
    let written = 0
    for (let size = 1; written < 1_500_000; size = size * 7 % 99_991) {
      ring.append(pattern(written, size))
      written += size
    }
    assert.strictEqual(ring.offset, written)
    for (const back of [0, 1, 4095, 65_536, 65_537, 190_000]) {
      const held = Buffer.concat(ring.since(written - back)!)
      assert.isTrue(held.equals(pattern(written - back, back)), `the last ${back}`)
    }
    assert.isUndefined(ring.since(written - 256 * 1024 - 1))
    assert.isUndefined(ring.since(written + 1))
  })

  it("a replay begins at a line, and has no query and no bell", () =>
    Effect.gen(function*() {
      const model = yield* (yield* Scrollback).make({ cols: 80, rows: 24 })
      model.append(Buffer.from(`${"x".repeat(99)}\n`.repeat(2000)))
      model.append(
        Buffer.from(
          "\x07\x1b[c\x1b[6n\x1b]11;?\x07\x1b[?u\x1bP+q544e\x1b\\\x1b]52;c;aGk=\x07\x05\x1b[31mred\x1b[?1049h\x1b[38;5"
        )
      )
      const replay = Buffer.concat(model.restore()).toString("latin1")
      const body = replay.slice(replay.indexOf("x"))
      assert.strictEqual(body.indexOf("\n"), 99)
      assert.isTrue(body.endsWith("\n\x1b[31mred\x1b[?1049h\x1b[38;5"), JSON.stringify(body.slice(-60)))
    }).pipe(Effect.provide(Ring.layer()), Effect.runPromise))
})
