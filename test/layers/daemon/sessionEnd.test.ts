import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Control } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import { eventually, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, start } from "../../support/hosting.ts"

describe("the end of a session", () => {
  it.effect("comes after its last output, with the status, for every client", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const session = yield* start()
        const client = yield* joined(dev, "attach")
        const waiting = yield* joined(dev, "wait")
        const end = yield* Effect.forkChild(session.ended)
        pty.last().print("x".repeat(1_000_000))
        pty.last().exit(7)
        yield* eventually("the status", () => client.exit)
        assert.strictEqual(client.output.length, 1_000_000)
        assert.deepStrictEqual(client.exit, { code: 7 })
        yield* eventually("the other's status", () => waiting.exit?.code === 7)
        yield* eventually("a closed connection", () => client.closed && waiting.closed)
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* Fiber.join(end), { code: 7 })
      })
    ))

  it.effect("frees the name before any client hears of it", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        pty.last().exit(0)
        yield* eventually("the status", () => client.exit)
        yield* start()
        assert.strictEqual(pty.all.length, 2)
      })
    ))

  it.effect("waits for the creator that is about to attach", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ awaited: true, command: ["true"] })
        pty.last().print("done\r\n")
        pty.last().exit(3)
        yield* settle
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("the status", () => client.exit?.code === 3)
        assert.strictEqual(client.output, "done\r\n")
      })
    ))

  it.effect("pauses a fast program for the creator, so that it gets the first byte", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ awaited: true })
        for (let i = 0; i < 128; i++) pty.last().print(Buffer.alloc(65_536, 97))
        yield* eventually("the pause", () => pty.last().isPaused)
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("all of it", () => client.output.length === 128 * 65_536)
        assert.isUndefined(client.restored)
      })
    ))

  it.effect("lets a fast program go on when the creator does not attach", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start({ awaited: true })
        for (let i = 0; i < 128; i++) pty.last().print(Buffer.alloc(65_536, 97))
        yield* eventually("the pause", () => pty.last().isPaused)
        yield* TestClock.adjust("11 seconds")
        yield* eventually("all of it", () => pty.last().unread === 0)
      })
    ))

  it.effect("is not put off for ever by a creator that never attaches", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const session = yield* start({ awaited: true })
        pty.last().exit(0)
        yield* settle
        const end = yield* Effect.forkChild(session.ended)
        yield* TestClock.adjust("11 seconds")
        assert.deepStrictEqual(yield* Fiber.join(end), { code: 0 })
      })
    ))

  it.effect("by kill: a hang-up, and SIGKILL for what is deaf to it", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().deaf = true
        const killer = yield* joined(dev, "query")
        killer.connection.send(FrameType.kill, Control.kill.encode({ graceMs: 3000 }))
        yield* eventually("the hang-up", () => pty.last().signals.includes("SIGHUP"))
        yield* TestClock.adjust("2 seconds")
        assert.notInclude(pty.last().signals, "SIGKILL")
        yield* TestClock.adjust("2 seconds")
        yield* eventually("the end", () => killer.exit)
        assert.deepStrictEqual(killer.exit, { code: 0, signal: 9 })
      })
    ))

  it.effect("of an attachment: detaching all detaches every client", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        const watcher = yield* joined(dev, "watch")
        const other = yield* joined(dev, "query")
        other.connection.send(FrameType.detach, Control.detach.encode({ reason: "lunch" }))
        yield* eventually("the dismissals", () => client.closed && watcher.closed)
        assert.strictEqual(client.of(FrameType.detach)[0]?.toString(), `{"reason":"lunch"}`)
        assert.isUndefined(other.closed)
      })
    ))
})
