import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { INPUT_WINDOW_BYTES } from "../../../src/layers/daemon/peer.ts"
import * as Machine from "../../../src/layers/testing/Machine.ts"
import { NetworkTestRef } from "../../../src/layers/testing/network/NetworkTestRef.ts"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import * as ScrollbackFake from "../../../src/layers/testing/ScrollbackFake.ts"
import { Control } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import { Scrollback } from "../../../src/services/Scrollback.ts"
import { eventually, join, joined, settle } from "../../support/fakeClient.ts"
import { connect, dev, hosting, start } from "../../support/hosting.ts"

describe("clients of different sizes", () => {
  it.effect("get the screen again when the session takes another's size, but not for a change of their own", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print("shown")
        yield* settle
        const small = yield* joined(dev, "attach", { size: { cols: 40, rows: 10 } })
        const large = yield* joined(dev, "attach", { size: { cols: 120, rows: 50 } })
        const restores = () => [small, large].map((client) => client.of(FrameType.restore).length)
        yield* eventually("the small one's new screen", () => restores()[0] === 2)
        assert.strictEqual(restores()[1], 1)
        small.type("x")
        yield* eventually("new screens for both", () => restores()[0] === 3 && restores()[1] === 2)
        small.connection.send(FrameType.resize, Control.resize.encode({ cols: 50, rows: 12 }))
        yield* eventually("a new screen for the other", () => restores()[1] === 3)
        assert.strictEqual(restores()[0], 3)
      })
    ))

  it.effect("that are not primary get it once their own window has settled, not for each step of dragging it", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print("shown")
        const watcher = yield* joined(dev, "watch", { size: { cols: 40, rows: 10 } })
        yield* joined(dev, "attach", { size: { cols: 100, rows: 20 } })
        yield* eventually("a screen of the session's size", () => watcher.of(FrameType.restore).length === 2)
        for (let cols = 50; cols < 60; cols++) {
          watcher.connection.send(FrameType.resize, Control.resize.encode({ cols, rows: 30 }))
          yield* settle
          yield* TestClock.adjust("50 millis")
        }
        assert.lengthOf(watcher.of(FrameType.restore), 2)
        yield* TestClock.adjust("200 millis")
        yield* eventually("a screen", () => watcher.of(FrameType.restore).length === 3)
        yield* TestClock.adjust("1 seconds")
        yield* settle
        assert.lengthOf(watcher.of(FrameType.restore), 3)
      })
    ))
})

describe("a terminal larger than any screen", () => {
  it.effect("counts as 2,000 columns and 400 rows: the creator's, a new client's, and one that has grown", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start({ size: { cols: 3000, rows: 24 } })
        const client = yield* joined(dev, "attach", { size: { cols: 80, rows: 65_535 } })
        client.connection.send(FrameType.resize, Control.resize.encode({ cols: 65_535, rows: 65_535 }))
        yield* eventually("three sizes", () => pty.last().sizes.length === 3)
        assert.deepStrictEqual(pty.last().sizes, [
          { cols: 2000, rows: 24 },
          { cols: 80, rows: 400 },
          { cols: 2000, rows: 400 }
        ])
      })
    ))
})

describe("bad clients", () => {
  it.effect("that send no hello are dropped after a while", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const silent = yield* connect
        yield* settle
        yield* TestClock.adjust("11 seconds")
        yield* eventually("a refusal", () => silent.error?.code === "protocol" && silent.closed)
      })
    ))

  it.effect.each(
    [
      ["a first frame that is not a hello", FrameType.output, "x"],
      ["a hello that is not JSON", FrameType.hello, "{"],
      ["a hello without a role", FrameType.hello, `{"protocol":{"major":1,"minor":0},"sesh":"1","client":"c"}`]
    ] as const
  )("%s: refused", ([, type, payload]) =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* connect
        client.connection.send(type, Buffer.from(payload))
        yield* eventually("a refusal", () => client.error?.code === "protocol" && client.closed)
      })
    ))

  it.effect("of another major are told which side is too old", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const older = yield* join(dev, "attach", { protocol: { major: 0, minor: 9 } })
        yield* eventually("a refusal", () => older.error)
        assert.strictEqual(older.error?.code, "version")
        assert.include(older.error?.message, "client is too old")
        const newer = yield* join(dev, "attach", { protocol: { major: 2, minor: 0 } })
        yield* eventually("a refusal", () => newer.error)
        assert.include(newer.error?.message, "session is too old")
      })
    ))

  it.effect("that send more than the window are dropped; the program's other input is not lost", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().stall(true)
        const flood = yield* joined(dev, "attach")
        for (let sent = 0; sent < 4 * INPUT_WINDOW_BYTES; sent += 65_536) flood.type(Buffer.alloc(65_536, 120))
        yield* eventually("a refusal", () => flood.error?.code === "window")
        pty.last().stall(false)
        const good = yield* joined(dev, "attach")
        good.type("ok")
        yield* eventually("the other's typing", () => pty.last().typed.toString().endsWith("ok"))
        assert.isAtMost(pty.last().typed.length, 3 * INPUT_WINDOW_BYTES)
      })
    ))

  it.effect("that break off half-way do no harm", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        yield* join(dev, "attach")
        ;(yield* NetworkTestRef).links[1]!.cut()
        pty.last().print("on")
        yield* eventually("output", () => client.output === "on")
      })
    ))

  it.effect("too many at once: the last ones are refused", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        for (let i = 0; i < 64; i++) yield* joined(dev, "watch")
        const last = yield* join(dev, "watch")
        yield* eventually("a refusal", () => last.error?.code === "full")
      })
    ))
})

describe("a model that is behind", () => {
  /** From the first output on, until somebody types. */
  const scrollback = Layer.effect(
    Scrollback,
    Effect.map(Scrollback, ({ make }) =>
      Scrollback.of({
        make: (size) =>
          Effect.map(make(size), (model) => {
            let tell = (_isBehind: boolean) => {}
            return {
              ...model,
              listen: (onBehind) => {
                tell = onBehind
              },
              append: (bytes) => {
                model.append(bytes)
                tell(true)
              },
              expectEcho: () => tell(false)
            }
          })
      }))
  ).pipe(Layer.provide(ScrollbackFake.layer))

  it.effect("does not hold up the program of a client that types", () =>
    Effect.gen(function*() {
      const pty = yield* PtyTestRef
      yield* start()
      const client = yield* joined(dev, "attach")
      pty.last().print("much")
      yield* eventually("the pause", () => pty.last().isPaused)
      client.type("x")
      yield* eventually("the program to go on", () => !pty.last().isPaused)
      yield* eventually("the key", () => pty.last().typed.toString() === "x")
    }).pipe(Effect.provide(Machine.layer({ scrollback })), Effect.scoped))
})

describe("slow clients", () => {
  const MEGABYTE = 1024 * 1024

  it.effect("the program is paused for one that is slow, and nothing is lost", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        client.connection.pause()
        for (let i = 0; i < 64; i++) pty.last().print(Buffer.alloc(65_536, 97))
        yield* eventually("the pause", () => pty.last().isPaused)
        client.connection.resume()
        yield* eventually("all of it", () => client.output.length === 4 * MEGABYTE)
        yield* eventually("the program to go on", () => !pty.last().isPaused)
        assert.isUndefined(client.of(FrameType.restore)[1])
      })
    ))

  it.effect("one that reads nothing for a second holds up no other, and gets a new restore when it reads again", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const stuck = yield* joined(dev, "attach")
        const fine = yield* joined(dev, "attach")
        stuck.connection.pause()
        for (let i = 0; i < 64; i++) pty.last().print(Buffer.alloc(65_536, 97))
        yield* eventually("the pause", () => pty.last().isPaused)
        yield* TestClock.adjust("1500 millis")
        yield* eventually("all of it for the other", () => fine.output.length === 4 * MEGABYTE)
        assert.isBelow(stuck.output.length, 2 * MEGABYTE)
        stuck.connection.resume()
        yield* eventually("a second restore", () => stuck.of(FrameType.restore).length > 1)
        pty.last().print("live again")
        yield* eventually("live output", () => stuck.of(FrameType.output).at(-1)?.toString().endsWith("live again"))
      })
    ))
})
