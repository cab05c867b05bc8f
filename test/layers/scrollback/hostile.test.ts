import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HistoryBytes } from "../../../src/layers/scrollback/historyBytes.ts"
import { rawHistory } from "../../../src/layers/scrollback/rawHistory.ts"
import * as ScrollbackTerminal from "../../../src/layers/scrollback/ScrollbackTerminal.ts"
import * as CallerFake from "../../../src/layers/testing/CallerFake.ts"
import * as VtEngineXterm from "../../../src/layers/xterm/VtEngineXterm.ts"
import { Scrollback } from "../../../src/services/Scrollback.ts"
import { hostile } from "../../support/hostileOutput.ts"

const layer = ScrollbackTerminal.layer.pipe(Layer.provide(Layer.merge(VtEngineXterm.layer, CallerFake.layer())))

const SIZE = { cols: 80, rows: 24 }

/** Bytes of one read. */
const READ = 4096

const make = Effect.gen(function*() {
  const model = yield* (yield* Scrollback).make(SIZE)
  let resume: (() => void) | undefined
  let isBehind = false
  let paused = 0
  model.listen((now) => {
    isBehind = now
    if (now) paused++
    else resume?.()
  })
  /** Appends output as a program writes it that is paused when the model is behind. */
  const write = Effect.fnUntraced(function*(output: Buffer) {
    for (let at = 0; at < output.length; at += READ) {
      model.append(output.subarray(at, at + READ))
      if (!isBehind) continue
      yield* Effect.callback<void>((done) => {
        resume = () => done(Effect.void)
      })
    }
  })
  return { model, write, paused: () => paused, isBehind: () => isBehind }
})

describe("output that takes long to parse", () => {
  it.live("makes the program wait, and goes on when the model has caught up", () =>
    Effect.gen(function*() {
      const { model, paused, write } = yield* make
      yield* write(Buffer.from("\x1b[2J\x1b[999S\x1b#8x\x1b[99999b".repeat(4000)))
      yield* write(Buffer.from("\x1bc\x1b[2J\x1b[Hafter\r\n"))
      assert.isAbove(paused(), 0)
      assert.strictEqual(Buffer.concat(model.history({ ansi: false })).toString(), "after\n")
    }).pipe(Effect.provide(layer)))

  it.live("leaves what a restore needs: it waits for the rest of a backlog, and no longer", () =>
    Effect.gen(function*() {
      const { isBehind, model, write } = yield* make
      yield* write(hostile("heavy", 3, SIZE))
      model.append(Buffer.from("\x1b[2J".repeat(1000)))
      model.append(Buffer.from("\x18\x1b\\\x1bcnow"))
      assert.include(Buffer.concat(model.restore()).toString(), "now")
      assert.isFalse(isBehind())
    }).pipe(Effect.provide(layer)))

  it.live("makes nobody wait who types: what precedes the echo comes at once", () =>
    Effect.gen(function*() {
      const { isBehind, model } = yield* make
      model.append(Buffer.from("the model is there"))
      assert.isNotEmpty(model.restore())
      while (!isBehind()) model.append(Buffer.from("\x1b[2J".repeat(1024)))
      model.expectEcho()
      for (let reads = 0; reads < 6; reads++) {
        assert.isFalse(isBehind())
        model.append(Buffer.from("\x1b[2J".repeat(1024)))
      }
    }).pipe(Effect.provide(layer)))

  it.live("does not make plain text wait that need not be parsed", () =>
    Effect.gen(function*() {
      const { model, paused, write } = yield* make
      yield* write(Buffer.from("\x1b[2J".repeat(20_000)))
      // The model is there, and nothing is left to parse.
      assert.isNotEmpty(model.restore())
      const before = paused()
      assert.isAbove(before, 0)
      yield* write(Buffer.from("a line of a log\r\n".repeat(400_000)))
      assert.strictEqual(paused(), before)
      assert.strictEqual(Buffer.concat(model.history({ ansi: false })).toString().split("\n").length, 5024)
    }).pipe(Effect.provide(layer)))
})

describe("a history of raw bytes", () => {
  it("has no more of pens than of bytes", () => {
    const pens = Array.from({ length: 500 }, (_, pen) => `\x1b[1;${pen}m`).join("")
    const pieces = rawHistory(Buffer.from(`${pens}${"x\n".repeat(500_000)}`), { ansi: true })
    assert.isBelow(pieces.reduce((sum, { length }) => sum + length, 0), 32 * 1024 * 1024)
  })

  it("takes a line with a million returns", () => {
    const pieces = rawHistory(Buffer.from(`${"\r".repeat(1_000_000)}x${"\r".repeat(1_000_000)}\n`), { ansi: false })
    assert.strictEqual(Buffer.concat(pieces).toString(), "x\n")
  })
})

describe("a history", () => {
  it("ends its lines before blanks, of which there may be millions in them", () => {
    const blanks = " \t".repeat(1_000_000)
    const history = new HistoryBytes(false)
    for (const text of [`${blanks}x${blanks}`, blanks, ""]) {
      history.add({ text, isBlank: !text.includes("x"), ends: true })
    }
    assert.strictEqual(history.take(true)?.toString(), `${blanks}x\n`)
  })
})
