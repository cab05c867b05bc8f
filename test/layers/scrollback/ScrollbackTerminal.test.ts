import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ScrollbackTerminal from "../../../src/layers/scrollback/ScrollbackTerminal.ts"
import * as Caller from "../../../src/layers/testing/CallerFake.ts"
import * as VtEngineFake from "../../../src/layers/testing/VtEngineFake.ts"
import * as VtEngineXterm from "../../../src/layers/xterm/VtEngineXterm.ts"
import type { Size } from "../../../src/schema/Session.ts"
import { Scrollback, type ScrollbackModel } from "../../../src/services/Scrollback.ts"
import { VtEngine } from "../../../src/services/VtEngine.ts"
import { until } from "../../contract/SessionServer.ts"
import { engine } from "../../support/differential.ts"
import { terminalState } from "../../support/terminalState.ts"

const SIZE: Size = { cols: 80, rows: 24 }

const caller = (env: Record<string, string>) => Caller.layer({ env })

/** The engine of the test that runs now has made its terminal, or failed to. */
let isLoaded = false
const loaded = Effect.suspend(() => until("the engine is loaded", () => isLoaded))

const watched = Layer.effect(
  VtEngine,
  Effect.map(VtEngine, ({ make }) =>
    VtEngine.of({
      make: (size, history) => Effect.onExit(make(size, history), () => Effect.sync(() => void (isLoaded = true)))
    }))
)

const withModel = <A>(
  use: (model: ScrollbackModel) => Effect.Effect<A>,
  env: Record<string, string> = {},
  vt: Layer.Layer<VtEngine> = VtEngineXterm.layer
) =>
  Effect.gen(function*() {
    isLoaded = false
    const model = yield* (yield* Scrollback).make(SIZE)
    return yield* use(model)
  }).pipe(Effect.provide(ScrollbackTerminal.layer.pipe(Layer.provide([Layer.provide(watched, vt), caller(env)]))))

/** What a new terminal shows after a restore. */
const shown = (parts: ReadonlyArray<Buffer>, history = 5000) =>
  Effect.promise(async () => {
    const fresh = (await engine).make(SIZE.cols, SIZE.rows, 10_000)
    for (const part of parts) fresh.core._inputHandler.parse(part)
    return terminalState(fresh, history)
  })

const text = (parts: ReadonlyArray<Buffer>) => Buffer.concat(parts).toString()

describe("the scrollback with a terminal model", () => {
  it.live("shows a full-screen program and, after its end, the shell before it", () =>
    withModel((model) =>
      Effect.gen(function*() {
        model.append(Buffer.from("$ vim\r\n\x1b[?1049h\x1b[2J\x1b[5;3Hediting"))
        yield* loaded
        const inside = yield* shown(model.restore())
        assert.include(inside.cells[4], "editing")
        const after = yield* shown([...model.restore(), Buffer.from("\x1b[?1049l")])
        assert.include(after.cells[0], "$ vim")
      })
    ))

  it.live("restores from raw bytes before the model is loaded", () =>
    withModel((model) =>
      Effect.sync(() => {
        model.append(Buffer.from("early\r\n"))
        assert.include(text(model.restore()), "early\r\n")
      })
    ))

  it.live("keeps of a flood exactly what parsing all of it keeps", () =>
    withModel((model) =>
      Effect.gen(function*() {
        yield* loaded
        const plain = yield* Effect.promise(async () => (await engine).make(SIZE.cols, SIZE.rows, 5000))
        for (let line = 0; line < 60_000; line += 400) {
          const bytes = Buffer.from(
            Array.from({ length: 400 }, (_, i) => `line \x1b[3${i % 7}m${line + i}\x1b[39m ${"=".repeat(i % 90)}\r\n`)
              .join("")
          )
          model.append(bytes)
          plain.core._inputHandler.parse(bytes)
          if (line === 20_000) {
            model.resize({ cols: 100, rows: 30 })
            plain.core.resize(100, 30)
          }
          if (line === 24_000) {
            model.resize(SIZE)
            plain.core.resize(SIZE.cols, SIZE.rows)
          }
        }
        const restored = yield* shown(model.restore(), 1999)
        const kept = terminalState(plain, 1999)
        assert.deepStrictEqual(restored.cells, kept.cells)
        assert.deepStrictEqual(restored.history, kept.history)
      })
    ))

  it.live("survives a flood that begins before the model is loaded", () =>
    withModel((model) =>
      Effect.gen(function*() {
        // Twice as much as the ring holds, none of which can be skipped, before the engine can load.
        for (let n = 0; n < 200; n++) model.append(Buffer.from(`\x1b[Hprogress ${n}\r\n`.repeat(2500)))
        yield* loaded
        assert.include((yield* shown(model.restore())).cells[0], "progress 199")
        assert.strictEqual(model.report().cursor.row, 1)
      })
    ))

  it.live("gives the history as text, wrapped lines in one", () =>
    withModel((model) =>
      Effect.gen(function*() {
        yield* loaded
        model.append(Buffer.from(`\x1b[1mone\x1b[0m\r\n${"x".repeat(200)}\r\nthree`))
        assert.strictEqual(text(model.history({ ansi: false })), `one\n${"x".repeat(200)}\nthree\n`)
        assert.strictEqual(
          text(model.history({ ansi: true })),
          `\x1b[0;1mone\x1b[0m\n${"x".repeat(200)}\nthree\n`
        )
      })
    ))

  it.live("gives as many lines with colours as without, under a flood too", () =>
    withModel((model) =>
      Effect.gen(function*() {
        yield* loaded
        for (let n = 0; n < 100; n++) {
          model.append(Buffer.from(`\x1b[3${n % 8}mline ${n}\x1b[44m   \x1b[m\r\n`.repeat(500)))
        }
        const [plain, ansi] = [false, true].map((ansi) => text(model.history({ ansi })).split("\n"))
        assert.lengthOf(plain!, 5000 + 23 + 1)
        assert.lengthOf(ansi!, plain!.length)
        assert.strictEqual(plain!.at(-2), "line 99")
        assert.strictEqual(ansi!.at(-2), "\x1b[0;33mline 99\x1b[0;33;44m   \x1b[0m")
      })
    ))

  it.live("keeps as many lines as SESH_SCROLLBACK says, and replays at most 2,000", () =>
    Effect.gen(function*() {
      const lines = Buffer.from(Array.from({ length: 9000 }, (_, i) => `line ${i}\r\n`).join(""))
      const count = (env: Record<string, string>) =>
        withModel((model) =>
          Effect.gen(function*() {
            if (env["SESH_SCROLLBACK"] !== "0") yield* loaded
            model.append(lines)
            return [
              text(model.history({ ansi: false })).match(/\n/g)!.length,
              text(model.restore()).match(/line \d+/g)!.length
            ]
          }), env)
      assert.deepStrictEqual(yield* count({}), [5000 + 23, 2000 + 23])
      assert.deepStrictEqual(yield* count({ SESH_SCROLLBACK: "100" }), [100 + 23, 100 + 23])
      assert.deepStrictEqual(yield* count({ SESH_SCROLLBACK: "" }), [5000 + 23, 2000 + 23])
      assert.deepStrictEqual(yield* count({ SESH_SCROLLBACK: "0" }), [9000, 8947 + 53])
    }))

  it.live("redraws over what is shown, once the terminal's rows are the session's", () =>
    withModel((model) =>
      Effect.gen(function*() {
        model.append(Buffer.from("$ "))
        assert.isUndefined(model.redraw({ placed: true }), "without a model")
        yield* loaded
        assert.isUndefined(model.redraw({ placed: false }), "the user's own lines are above")
        // To the last row, and no further.
        assert.lengthOf(text(model.redraw({ placed: true })!).match(/\n/g)!, 23)
        model.append(Buffer.from("\r\n".repeat(30)))
        assert.isDefined(model.redraw({ placed: false }))
        assert.isUndefined(model.redraw({ placed: true })!.find((bytes) => bytes.includes("2J")))
      })
    ))

  it.live("uses raw bytes once its model has failed", () => {
    let broken = false
    return withModel(
      (model) =>
        Effect.gen(function*() {
          yield* loaded
          model.append(Buffer.from("one\r\n"))
          assert.include(text(model.restore()), "\x1b[Hone")
          broken = true
          model.append(Buffer.from("two\r\n"))
          assert.include(text(model.restore()), "one\r\ntwo\r\n")
          broken = false
          model.append(Buffer.from("\x1b[?2004h"))
          assert.include(text(model.restore()), "one\r\ntwo\r\n")
          assert.include(model.leave().toString(), "\x1b[?2004l")
        }),
      {},
      VtEngineFake.layer({ broken: () => broken })
    )
  })

  it.live("uses raw bytes where the engine is not available", () =>
    withModel(
      (model) =>
        Effect.gen(function*() {
          yield* loaded
          model.append(Buffer.from("text\r\n"))
          assert.include(text(model.restore()), "text")
        }),
      {},
      VtEngineFake.layer({ problem: "not here" })
    ))
})
