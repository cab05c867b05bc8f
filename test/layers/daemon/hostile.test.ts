import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Control, type Role } from "../../../src/schema/protocol/Control.ts"
import { FrameType, MAX_PAYLOAD_BYTES } from "../../../src/schema/protocol/Frame.ts"
import { DAY_MS, withSetClock } from "../../support/clock.ts"
import { eventually, type FakeClient, join, joined, settle } from "../../support/fakeClient.ts"
import { connect, dev, hosting, start } from "../../support/hosting.ts"

const KIB = 1024
const MIB = 1024 * KIB

/** A listing, a detach and a kill are done. */
const isInReach = Effect.gen(function*() {
  const asker = yield* joined(dev, "query")
  asker.connection.send(FrameType.detach, Control.detach.encode({}))
  asker.connection.send(FrameType.ping)
  yield* eventually("the detach", () => asker.of(FrameType.pong).length === 1)
  asker.connection.send(FrameType.kill, Control.kill.encode({ graceMs: 0 }))
  yield* eventually("the end", () => asker.exit)
})

const crowd = (role: Role, count: number) =>
  Effect.forEach(Array.from({ length: count }), () => join(dev, role), { concurrency: 1 })

describe("however many there are of other clients, a session can be listed, detached and killed:", () => {
  it.effect.each(["attach", "watch", "send", "wait", "query"] as const)(
    "%s",
    (role) =>
      hosting(() =>
        Effect.gen(function*() {
          yield* start()
          const all = yield* crowd(role, 200)
          yield* settle
          // Those that only ask, and then say nothing, go for others that ask.
          yield* TestClock.adjust("200 millis")
          yield* settle
          assert.strictEqual(all.filter(({ closed }) => closed === undefined).length, 64)
          if (role !== "query") assert.strictEqual(all.filter(({ error }) => error?.code === "full").length, 200 - 64)
          yield* isInReach
        })
      )
  )

  it.effect("those that have only just asked: the next waits a moment, and what it asks next too", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const all = yield* crowd("query", 64)
        const last = yield* join(dev, "query")
        last.connection.send(FrameType.ping)
        yield* settle
        assert.strictEqual(last.of(FrameType.pong).length, 0)
        assert.isUndefined(last.error)
        yield* TestClock.adjust("200 millis")
        yield* eventually("its answers", () => last.of(FrameType.pong).length === 1)
        assert.strictEqual(all.filter(({ closed }) => closed !== undefined).length, 1)
      })
    ))

  it.effect("connections that say nothing, also when the system's clock is set back meanwhile", () =>
    withSetClock((set) =>
      hosting(() =>
        Effect.gen(function*() {
          yield* start()
          const first = yield* connect
          yield* TestClock.adjust("1 second")
          const second = yield* connect
          yield* settle
          set(-DAY_MS)
          yield* TestClock.adjust("12 seconds")
          yield* settle
          assert.deepStrictEqual([first, second].map(({ closed }) => closed !== undefined), [true, true])
        })
      )
    ))

  it.effect("connections that say nothing", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const silent: Array<FakeClient> = []
        for (let i = 0; i < 200; i++) silent.push(yield* connect)
        yield* eventually("the end of the oldest", () => silent.filter(({ closed }) => closed).length === 200 - 64)
        assert.isTrue(silent.slice(0, 100).every(({ closed }) => closed !== undefined))
        yield* isInReach
      })
    ))

  it.effect("that do not read a history", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print(`${"y".repeat(1000)}\r\n`.repeat(800))
        yield* settle
        for (let i = 0; i < 64; i++) {
          const one = yield* joined(dev, "query")
          one.connection.pause()
          one.connection.send(FrameType.history, Control.history.encode({ ansi: i % 2 === 0 }))
        }
        yield* TestClock.adjust("2 seconds")
        yield* isInReach
      })
    ))

  it.effect("and a client that comes again finds its place", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        yield* joined(dev, "attach", { client: "again" })
        yield* crowd("watch", 63)
        const again = yield* joined(dev, "attach", { client: "again" })
        assert.isUndefined(again.error)
      })
    ))
})

describe("what a client does not read is bounded:", () => {
  it.effect("answers to its pings; it is heard again when it has read them", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "query")
        client.connection.pause()
        const ping = Buffer.alloc(16 * KIB, "x")
        for (let i = 0; i < 1000; i++) client.connection.send(FrameType.ping, ping)
        yield* settle
        // The rest waits with the client: it was not taken.
        assert.isAbove(client.connection.pending(), 8 * MIB)
        yield* joined(dev, "query")
        client.connection.resume()
        yield* eventually("all answers", () => client.of(FrameType.pong).length === 1000)
      })
    ))

  it.effect("also before it has said hello", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* connect
        client.connection.pause()
        for (let i = 0; i < 1000; i++) client.connection.send(FrameType.ping, Buffer.alloc(16 * KIB))
        yield* settle
        assert.isAbove(client.connection.pending(), 8 * MIB)
      })
    ))

  it.effect("acknowledgements: those that come late say the same as many", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          yield* start()
          const client = yield* joined(dev, "attach")
          for (let i = 0; i < 5000; i++) client.type("")
          client.type("x")
          yield* eventually("the typing", () => pty.last().typed.toString() === "x")
          yield* eventually("the last one", () => client.acked === 1)
          const before = client.of(FrameType.ack).length
          assert.isBelow(before, 50)
          client.connection.pause()
          pty.last().print(Buffer.alloc(MIB, "y"))
          yield* settle
          for (let i = 0; i < 1000; i++) {
            client.type("z")
            if (i % 10 === 0) yield* settle
          }
          yield* eventually("all typing", () => pty.last().typed.length === 1001)
          client.connection.resume()
          yield* eventually("the last one", () => client.acked === 1001)
          assert.isBelow(client.of(FrameType.ack).length - before, 10)
        }),
      {},
      "ring"
    ))

  it.effect("a ping that is longer than 64 KiB breaks the protocol", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "query")
        client.connection.send(FrameType.ping, Buffer.alloc(64 * KIB))
        yield* eventually("an answer", () => client.of(FrameType.pong).length === 1)
        client.connection.send(FrameType.ping, Buffer.alloc(64 * KIB + 1))
        yield* eventually("a refusal", () => client.error?.code === "protocol" && client.closed)
      })
    ))

  it.effect("what is sent again after a connection died: a client that never reads is dropped", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          const { info } = yield* start()
          pty.last().print(Buffer.alloc(3 * MIB, "y"))
          yield* settle
          const resume = { session: info.id, output: 0, input: 0 }
          const stuck: Array<FakeClient> = []
          for (let i = 0; i < 40; i++) {
            const client = yield* join(dev, "watch", { resume })
            client.connection.pause()
            stuck.push(client)
          }
          const reader = yield* joined(dev, "watch", { resume })
          yield* settle
          yield* TestClock.adjust("3 seconds")
          yield* settle
          for (const client of stuck) client.connection.resume()
          yield* eventually("an end for some", () => stuck.filter(({ closed }) => closed).length >= 15)
          assert.isUndefined(reader.closed)
          assert.isAbove(stuck.filter(({ closed }) => closed === undefined).length, 10)
        }),
      {},
      "ring"
    ))
})

describe("histories", () => {
  it.effect("that do not fit into memory together come one after the other, and who does not read gets none", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          yield* start()
          const ask = Effect.fnUntraced(function*(ansi: boolean) {
            const client = yield* joined(dev, "query")
            client.connection.pause()
            client.connection.send(FrameType.history, Control.history.encode({ ansi }))
            yield* settle
            return client
          })
          // Each has lines of its own: 3.5 MiB, twelve times.
          const stuck: Array<FakeClient> = []
          for (let i = 0; i < 12; i++) {
            pty.last().print(`${i}${"z".repeat(120)}\r\n`.repeat(30_000))
            yield* settle
            stuck.push(yield* ask(false))
          }
          const reader = yield* ask(true)
          reader.connection.resume()
          yield* settle
          assert.isUndefined(reader.history)
          yield* TestClock.adjust("2 seconds")
          yield* eventually("its history", () => reader.history?.includes(`11${"z".repeat(120)}\n`))
          assert.isTrue(stuck.some(({ connection }) => connection.pending() === 0))
        }),
      {},
      "ring"
    ))

  it.effect("have lines of any length, cut to frames", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const line = "0123456789".repeat(3 * MIB / 10)
        pty.last().print(`first\r\n${line}\r\nlast`)
        yield* settle
        const client = yield* joined(dev, "query")
        for (const ansi of [false, true]) {
          const before = client.of(FrameType.lines).length
          client.connection.send(FrameType.history, Control.history.encode({ ansi }))
          const whole = () => Buffer.concat(client.of(FrameType.lines).slice(before).map((one) => one.subarray(1)))
          yield* eventually("its end", () => (client.of(FrameType.lines).at(-1)?.[0] ?? 0) === 1)
          yield* eventually("all of it", () => whole().toString().endsWith("last\n"))
          assert.strictEqual(whole().toString(), `first\n${line}\nlast\n`)
        }
        assert.isTrue(client.of(FrameType.lines).every(({ length }) => length <= MAX_PAYLOAD_BYTES))
      })
    ))
})
