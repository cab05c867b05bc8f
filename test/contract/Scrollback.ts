import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { DEFAULT_SIZE } from "../../src/schema/Session.ts"
import { Scrollback, type ScrollbackModel } from "../../src/services/Scrollback.ts"

const text = (parts: ReadonlyArray<Buffer> | undefined) => parts && Buffer.concat(parts).toString()

/** What every scrollback keeps, however it does it. */
export const suite = (name: string, layer: Layer.Layer<Scrollback>) => {
  const model = (use: (model: ScrollbackModel) => void) =>
    Effect.gen(function*() {
      use(yield* (yield* Scrollback).make(DEFAULT_SIZE))
    }).pipe(Effect.provide(layer))

  describe(`Scrollback: ${name}`, () => {
    it.effect("an untouched session restores to nothing", () =>
      model((model) => {
        assert.strictEqual(model.offset(), 0)
        assert.deepStrictEqual(model.restore(), [])
        assert.strictEqual(text(model.since(0)), "")
      }))

    it.effect("goes on from any offset, byte for byte", () =>
      model((model) => {
        model.append(Buffer.from("one\r\n"))
        model.append(Buffer.from("two\r\n"))
        assert.strictEqual(model.offset(), 10)
        assert.strictEqual(text(model.since(0)), "one\r\ntwo\r\n")
        assert.strictEqual(text(model.since(7)), "o\r\n")
        assert.strictEqual(text(model.since(10)), "")
        assert.isUndefined(model.since(11))
      }))

    it.effect("keeps a copy: a buffer may be used again", () =>
      model((model) => {
        const bytes = Buffer.from("kept")
        model.append(bytes)
        bytes.fill(0)
        assert.strictEqual(text(model.since(0)), "kept")
      }))

    it.effect("restores what was shown last", () =>
      model((model) => {
        model.append(Buffer.from("first line\r\nsecond line\r\n$ "))
        assert.include(text(model.restore()), "second line\r\n$ ")
      }))

    it.effect("a restore asks nothing and rings nothing", () =>
      model((model) => {
        model.append(Buffer.from("one\r\n\x1b[ctwo\x07\r\n\x1b]11;?\x1b\\three\r\n\x1b[6n\x05"))
        const restored = text(model.restore())!
        assert.include(restored, "three")
        for (const asked of ["\x1b[c", "\x1b[6n", "11;?", "\x07", "\x05"]) assert.notInclude(restored, asked)
      }))

    it.effect("gives the text without escape sequences", () =>
      model((model) => {
        model.append(Buffer.from("one\r\ntwo\r\nthree"))
        assert.deepStrictEqual(model.lines().slice(-3), ["one", "two", "three"])
      }))
  })
}
