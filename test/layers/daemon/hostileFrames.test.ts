import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { Control, MAX_CONTROL_BYTES, MAX_REASON_CHARACTERS } from "../../../src/schema/protocol/Control.ts"
import { FrameType, MAX_PAYLOAD_BYTES } from "../../../src/schema/protocol/Frame.ts"
import { eventually, join, joined, settle } from "../../support/fakeClient.ts"
import { connect, dev, hosting, start } from "../../support/hosting.ts"

describe("fields of any length", () => {
  it.effect("do not keep a session out of the listing: what is no session's name is not listed", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const names = ["w".repeat(50_000), "\u0001".repeat(9000), "../../etc", "w".repeat(65), ""]
        for (const within of names) yield* joined(dev, "attach", { within })
        yield* joined(dev, "watch", { within: "other" })
        const { info } = (yield* joined(dev, "query")).welcome!
        assert.strictEqual(info.clients.length, names.length + 1)
        assert.deepStrictEqual(info.clients.map(({ within }) => within).filter((one) => one !== undefined), ["other"])
      })
    ))

  it.effect("of a hello that is longer than 64 KiB are refused, whatever is in it", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        for (const within of ["w".repeat(400_000), "w".repeat(MAX_CONTROL_BYTES)]) {
          const client = yield* join(dev, "attach", { within })
          yield* eventually("a refusal", () => client.error?.code === "protocol" && client.closed)
        }
        assert.deepStrictEqual((yield* joined(dev, "query")).welcome!.info.clients, [])
      })
    ))

  it.effect("nor is a path that no agent can have pointed to", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach", { agent: `/${"a".repeat(50_000)}` })
        assert.isUndefined(client.error)
        client.connection.send(FrameType.agent, Control.agent.encode({ path: `/${"a".repeat(50_000)}` }))
        yield* settle
        assert.isUndefined(client.error)
        client.connection.send(FrameType.agent, Buffer.from("{\"path\":7}"))
        yield* eventually("a refusal", () => client.error?.code === "protocol" && client.closed)
      })
    ))

  it.effect("in a version: the refusal fits into a line", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* connect
        const protocol = { major: 2, minor: 0 }
        client.connection.send(FrameType.hello, Buffer.from(JSON.stringify({ protocol, sesh: "9".repeat(60_000) })))
        yield* eventually("a refusal", () => client.error?.code === "version")
        assert.isBelow(client.error!.message.length, 200)
      })
    ))

  it.effect.each(
    [
      [
        "that is not UTF-8",
        Buffer.concat([Buffer.from(`{"reason":"a`), Buffer.alloc(20_000, 0xff), Buffer.from(`"}`)])
      ],
      ["of 60,000 characters", Buffer.from(JSON.stringify({ reason: "\u0001".repeat(10_000) }))],
      ["of nearly a frame", Buffer.from(JSON.stringify({ reason: "r".repeat(MAX_PAYLOAD_BYTES - 100) }))],
      ["that is none", Buffer.from("{\"reason\":")],
      ["with half a character", Buffer.from(`{"reason":"\\ud800"}`)]
    ] as const
  )("of a reason to detach %s: the client is detached in order", ([, payload]) =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        const asker = yield* joined(dev, "query")
        asker.connection.send(FrameType.detach, payload)
        yield* eventually("the detach", () => client.of(FrameType.detach).length === 1 && client.closed)
        assert.deepStrictEqual(client.closed, { reason: undefined })
        const told = Option.getOrThrow(Control.detach.decode(client.of(FrameType.detach)[0]!))
        assert.isAtMost(told.reason?.length ?? 0, MAX_REASON_CHARACTERS)
        assert.isUndefined(asker.error)
      })
    ))
})

describe("frames in bulk", () => {
  it.effect("that kill: the grace is that of the first", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().deaf = true
        const client = yield* joined(dev, "query")
        for (let i = 0; i < 2000; i++) {
          client.connection.send(FrameType.kill, Control.kill.encode({ graceMs: 60_000, signal: "SIGINT" }))
        }
        client.connection.send(FrameType.kill, Control.kill.encode({ graceMs: 1000, signal: "SIGINT" }))
        yield* eventually("the signals", () => pty.last().signals.length === 2001)
        yield* TestClock.adjust("900 millis")
        assert.notInclude(pty.last().signals, "SIGKILL")
        yield* TestClock.adjust("200 millis")
        yield* eventually("the end", () => client.exit)
        assert.deepStrictEqual(client.exit, { code: 0, signal: 9 })
      })
    ))

  it.effect("that resize: a client that does not read is not sent a screen for each", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print("shown".repeat(2000))
        const watcher = yield* joined(dev, "watch", { size: { cols: 100, rows: 50 } })
        watcher.connection.pause()
        const client = yield* joined(dev, "attach", { size: { cols: 80, rows: 24 } })
        for (let i = 0; i < 1000; i++) {
          client.connection.send(FrameType.resize, Control.resize.encode({ cols: 80 + i % 50, rows: 24 }))
        }
        yield* eventually("all sizes", () => pty.last().sizes.length >= 1000)
        yield* settle
        watcher.connection.resume()
        yield* TestClock.adjust("1 second")
        yield* settle
        // 10 KB each: no more than what waits for a slow client, and one that repairs it.
        assert.isBelow(watcher.of(FrameType.restore).length, 60)
        assert.include(watcher.restored, "shown")
      })
    ))

  it.effect("that say hello again, or are of no type that is known, are ignored", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "query")
        for (let i = 0; i < 1000; i++) {
          client.connection.send(FrameType.hello, Buffer.from("{}"))
          client.connection.send(200 as FrameType, Buffer.alloc(100))
          client.connection.send(FrameType.welcome, Buffer.from("{}"))
          client.connection.send(FrameType.exit, Control.exit.encode({ code: 1 }))
        }
        client.connection.send(FrameType.ping)
        yield* eventually("an answer", () => client.of(FrameType.pong).length === 1)
        assert.lengthOf(client.of(FrameType.welcome), 1)
      })
    ))
})
