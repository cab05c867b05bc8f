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

    it.effect("says what is the oldest byte that it still gives", () =>
      model((model) => {
        assert.strictEqual(model.first(), 0)
        model.append(Buffer.from("one\r\n"))
        assert.strictEqual(text(model.since(model.first())), "one\r\n")
      }))

    it.effect("the history of an untouched session is empty", () =>
      model((model) => {
        for (const ansi of [false, true]) assert.deepStrictEqual(model.history({ ansi }), [])
      }))

    it.effect("a history is what a person would copy: no sequences, no blanks at the ends", () =>
      model((model) => {
        model.append(
          Buffer.from("\x1b]0;title\x07one  \r\n\r\n\x1b[1mtwo\x1b[0m\x07\r\n50%\r100%\r\nthree — ä  \r\n \r\n\r\n")
        )
        assert.strictEqual(text(model.history({ ansi: false })), "one\n\ntwo\n100%\nthree — ä\n")
      }))

    it.effect("with colours each line stands for itself, and there is no other sequence", () =>
      model((model) => {
        model.append(Buffer.from("plain\r\n\x1b[?25l\x1b[31mred\r\nstill\x1b[2K\x1b[1;1mred\x1b[0m\r\n\x1b[?25hplain"))
        const lines = text(model.history({ ansi: true }))!.split("\n")
        assert.lengthOf(lines, 5)
        assert.deepStrictEqual([lines[0], lines[3], lines[4]], ["plain", "plain", ""])
        assert.match(lines[1]!, /^\x1b\[[0-9;]*31m[^\x1b]*red\x1b\[0m$/)
        assert.match(lines[2]!, /red\x1b\[0m$/)
        assert.include(lines[2], "31")
        assert.notMatch(lines.join(""), /\x1b(?!\[[0-9;]*m)/)
      }))

    it.effect("gives the text without escape sequences", () =>
      model((model) => {
        model.append(Buffer.from("one\r\ntwo\r\nthree"))
        assert.strictEqual(text(model.history({ ansi: false })), "one\ntwo\nthree\n")
      }))
  })
}
