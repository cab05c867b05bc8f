import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ScrollbackTerminal from "../../../src/layers/scrollback/ScrollbackTerminal.ts"
import { type Result, Slices } from "../../../src/layers/scrollback/slices.ts"
import * as CallerFake from "../../../src/layers/testing/CallerFake.ts"
import * as VtEngineXterm from "../../../src/layers/xterm/VtEngineXterm.ts"
import { type Picture, Scrollback, type ScrollbackModel } from "../../../src/services/Scrollback.ts"
import { VtEngine } from "../../../src/services/VtEngine.ts"

const layer = ScrollbackTerminal.layer.pipe(Layer.provide(Layer.merge(VtEngineXterm.layer, CallerFake.layer())))

const SIZE = { cols: 400, rows: 120 }

const COLOUR = (x: number) => `\x1b[38;2;${x % 256};${(x * 7) % 256};${(x * 31) % 256}mx`

/** A large screen with its history, each cell with a colour of its own: making a picture of it takes long. */
const large = Effect.gen(function*() {
  const model = yield* (yield* Scrollback).make(SIZE)
  let resume: (() => void) | undefined
  let isBehind = false
  model.listen((now) => {
    isBehind = now
    if (!now) resume?.()
  })
  const row = Buffer.from(Array.from({ length: SIZE.cols }, (_, x) => COLOUR(x)).join(""))
  for (let y = 0; y < 300; y++) {
    model.append(row)
    if (!isBehind) continue
    yield* Effect.callback<void>((done) => {
      resume = () => done(Effect.void)
    })
  }
  // The model has got all of it.
  model.restore({ history: false })
  return model
})

/** Makes a picture; how often the event loop went on meanwhile. */
const sliced = (model: ScrollbackModel, picture: Picture, meanwhile: () => void = () => {}) =>
  Effect.callback<{ readonly bytes: string; readonly offset: number; readonly turns: number }>((done) => {
    let turns = 0
    let isDone = false
    const bytes: Array<Buffer> = []
    const turn = () => {
      if (isDone) return
      turns++
      meanwhile()
      setImmediate(turn)
    }
    setImmediate(turn)
    model.inSlices(picture, (part) => {
      bytes.push(...part.bytes!)
      if (!part.isLast) return
      isDone = true
      done(Effect.succeed({ bytes: Buffer.concat(bytes).toString(), offset: part.offset, turns }))
    })
  })

const pictures: ReadonlyArray<readonly [string, Picture]> = [
  ["a restore", { kind: "restore", history: true }],
  ["a restore for another size", { kind: "restore", history: true, size: { cols: 80, rows: 24 } }],
  ["a redraw", { kind: "redraw", placed: true, size: { cols: 400, rows: 100 } }],
  ["a history", { kind: "history", ansi: true }]
]

describe("a picture of a large screen", () => {
  it.live.each(pictures)(
    "%s lets the event loop go on, and is the same as in one go",
    ([, picture]) =>
      Effect.gen(function*() {
        const model = yield* large
        const { bytes, offset, turns } = yield* sliced(model, picture)
        assert.isAbove(turns, 2)
        assert.strictEqual(offset, model.offset())
        const whole = picture.kind === "restore"
          ? model.restore(picture)
          : picture.kind === "redraw"
          ? model.redraw(picture)!
          : model.history(picture)
        assert.isTrue(Buffer.concat(whole).toString() === bytes)
      }).pipe(Effect.provide(layer))
  )

  it.live("has the output up to its offset, and not what comes while it is made", () =>
    Effect.gen(function*() {
      const model = yield* large
      model.append(Buffer.from("\x1b[Hbefore"))
      const at = model.offset()
      let answered = 0
      const { bytes, offset } = yield* sliced(model, { kind: "restore", history: true }, () => {
        model.append(Buffer.from("\x1b[2;1Hmeanwhile\x1b[2;5H"))
        // A query does not wait for the picture.
        answered += model.report().cursor.column
      })
      assert.strictEqual(offset, at)
      assert.include(bytes, "before")
      assert.notInclude(bytes, "meanwhile")
      assert.isAbove(answered, 0)
      assert.include(Buffer.concat(model.restore()).toString(), "meanwhile")
    }).pipe(Effect.provide(layer)))

  it.live("that nobody wants any more is not made, and those that follow are", () =>
    Effect.gen(function*() {
      const model = yield* large
      const cancel = model.inSlices({ kind: "history", ansi: true }, (part) => assert.isFalse(part.isLast))
      const next = sliced(model, { kind: "restore", history: false })
      cancel()
      assert.include((yield* next).bytes, "\x1b[?2026l")
    }).pipe(Effect.provide(layer)))
})

describe("a history of raw bytes", () => {
  const raw = ScrollbackTerminal.layer.pipe(
    Layer.provide(Layer.merge(VtEngineXterm.layer, CallerFake.layer({ env: { SESH_SCROLLBACK: "0" } })))
  )
  const loading = ScrollbackTerminal.layer.pipe(
    Layer.provide(Layer.merge(Layer.succeed(VtEngine, { make: () => Effect.never }), CallerFake.layer()))
  )

  it.live.each([["without a model", raw], ["whose model is not there yet", loading]] as const)(
    "of short lines lets the event loop go on, %s",
    ([, layer]) =>
      Effect.gen(function*() {
        const model = yield* (yield* Scrollback).make(SIZE)
        const lines = Buffer.from("\x1b[31m\nx\r\né\n".repeat(40_000))
        model.append(lines)
        for (const ansi of [false, true]) {
          const { bytes, offset, turns } = yield* sliced(model, { kind: "history", ansi })
          assert.isAbove(turns, 2)
          assert.strictEqual(offset, lines.length)
          assert.isTrue(Buffer.concat(model.history({ ansi })).toString() === bytes)
          if (!ansi) assert.isTrue(bytes === "\nx\né\n".repeat(40_000))
        }
      }).pipe(Effect.provide(layer))
  )
})

describe("slices", () => {
  it("are in order, and work may cancel itself or what follows", () => {
    const done: Array<string> = []
    const slices = new Slices(() => {})
    let isBegun = false
    function* work(name: string, act: () => void = () => {}): Generator<Result, Result> {
      try {
        while (!isBegun) yield undefined
        yield act
        return () => done.push(name)
      } finally {
        done.push(`${name} over`)
      }
    }
    const itself = slices.add(work("itself", () => itself()))
    slices.add(work("first", () => last()))
    const last = slices.add(work("last"))
    isBegun = true
    slices.settle()
    assert.deepStrictEqual(done, ["itself over", "first over", "first"])
    assert.isFalse(slices.isBusy)
  })
})
