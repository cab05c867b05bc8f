import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { SessionFilesTestRef } from "../../../src/layers/testing/SessionFilesFake.ts"
import { Control, type EndSignal, type Hello } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import { eventually, type FakeClient, join, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, start } from "../../support/hosting.ts"

const MEGABYTE = 1024 * 1024

const command = (session: string, capture = MEGABYTE): Partial<Hello> => ({ command: { session, capture } })

const signal = (client: FakeClient, graceMs: number, signal?: EndSignal) =>
  client.connection.send(FrameType.kill, Control.kill.encode({ graceMs, ...(signal === undefined ? {} : { signal }) }))

const ask = (client: FakeClient, ansi = false) =>
  client.connection.send(FrameType.history, Control.history.encode({ ansi }))

const exec = start({ awaited: true, command: ["make"] })

describe("a client that waits for a command", () => {
  it.effect("gets the last of its output, then how it ended", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* exec
        const waiter = yield* joined(dev, "wait", command(info.id, 5))
        assert.isAtLeast(waiter.welcome!.protocol.minor, 1)
        pty.last().print("0123456789")
        yield* settle
        assert.lengthOf(waiter.of(FrameType.output), 0)
        pty.last().exit({ code: 0, signal: 15 })
        yield* eventually("the end", () => waiter.closed)
        assert.deepStrictEqual([waiter.outputStart, waiter.output], [5, "56789"])
        assert.deepStrictEqual(waiter.exit, { code: 0, signal: 15 })
        assert.strictEqual(waiter.frames.at(-1)?.[0], FrameType.exit)
      })
    ))

  it.effect("gets no more than it wants, and how much there was", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* exec
        const nothing = yield* joined(dev, "wait", command(info.id, 0))
        const all = yield* joined(dev, "wait", command(info.id, Number.MAX_SAFE_INTEGER))
        pty.last().print(Buffer.alloc(MEGABYTE, 97))
        pty.last().print("the end")
        pty.last().exit(0)
        yield* eventually("both ends", () => nothing.closed && all.closed)
        assert.deepStrictEqual([nothing.outputStart, nothing.output], [MEGABYTE + 7, ""])
        assert.deepStrictEqual([all.outputStart, all.output.length], [7, MEGABYTE])
        assert.isTrue(all.output.endsWith("the end"))
      })
    ))

  it.effect("is the creator that was awaited: what ended before it came is kept for it", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* exec
        pty.last().print("at once\r\n")
        pty.last().exit(3)
        yield* settle
        const waiter = yield* joined(dev, "wait", command(info.id))
        yield* eventually("the end", () => waiter.closed)
        assert.deepStrictEqual([waiter.outputStart, waiter.output], [0, "at once\r\n"])
        assert.deepStrictEqual(waiter.exit, { code: 3 })
      })
    ))

  it.effect("is waited for, although another client attaches meanwhile", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* exec
        pty.last().print("at once\r\n")
        const viewer = yield* joined(dev, "attach")
        yield* joined(dev, "wait")
        pty.last().exit(3)
        yield* settle
        assert.isUndefined(viewer.exit)
        const waiter = yield* joined(dev, "wait", command(info.id))
        yield* eventually("the end", () => waiter.closed && viewer.closed)
        assert.strictEqual(waiter.output, "at once\r\n")
        assert.deepStrictEqual(viewer.exit, { code: 3 })
      })
    ))

  it.effect("lets a fast program run, also when no client is attached", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* exec
        for (let i = 0; i < 128; i++) pty.last().print(Buffer.alloc(65_536, 97))
        yield* eventually("the pause", () => pty.last().isPaused)
        const waiter = yield* joined(dev, "wait", command(info.id, 10))
        yield* eventually("all of it", () => pty.last().unread === 0)
        pty.last().exit(0)
        yield* eventually("the end", () => waiter.exit)
        assert.strictEqual(waiter.outputStart, 128 * 65_536 - 10)
      })
    ))

  it.effect("is no terminal: the daemon replies to the program's queries, also to earlier ones", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* exec
        pty.last().print("\x1b[c")
        yield* settle
        assert.strictEqual(pty.last().typed.length, 0)
        yield* joined(dev, "wait", command(info.id))
        yield* eventually("a reply", () => pty.last().typed.toString().startsWith("\x1b[?"))
        const before = pty.last().typed.length
        pty.last().print("\x1b[5n")
        yield* eventually("another", () => pty.last().typed.toString().slice(before) === "\x1b[0n")
      })
    ))

  it.effect("may go: the command goes on", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* exec
        const waiter = yield* joined(dev, "wait", command(info.id))
        waiter.connection.destroy()
        yield* settle
        yield* TestClock.adjust("1 minute")
        assert.isTrue(pty.last().isRunning)
        assert.deepStrictEqual(pty.last().signals, [])
      })
    ))

  it.effect("of another session under the name is refused", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* exec
        const waiter = yield* join(dev, "wait", command("another"))
        yield* eventually("a refusal", () => waiter.error?.code === "session" && waiter.closed)
        assert.isUndefined(waiter.welcome)
      })
    ))
})

describe("a kill with a signal", () => {
  it.effect.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "sends %s, and SIGKILL after the grace",
    (name) =>
      hosting((pty) =>
        Effect.gen(function*() {
          yield* start()
          pty.last().deaf = true
          const client = yield* joined(dev, "query")
          signal(client, 3000, name)
          yield* eventually("the signal", () => pty.last().signals.includes(name))
          yield* TestClock.adjust("2 seconds")
          assert.deepStrictEqual(pty.last().signals, [name])
          yield* TestClock.adjust("2 seconds")
          yield* eventually("the end", () => client.exit)
          assert.deepStrictEqual(client.exit, { code: 0, signal: 9 })
        })
      )
  )

  it.effect("reaches a command that its creator does not wait for yet", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* exec
        pty.last().print("working\r\n")
        signal(yield* joined(dev, "query"), 3000, "SIGINT")
        yield* eventually("the signal", () => pty.last().signals.includes("SIGINT"))
        yield* settle
        const waiter = yield* joined(dev, "wait", command(info.id))
        yield* eventually("the end", () => waiter.exit)
        assert.deepStrictEqual([waiter.output, waiter.exit], ["working\r\n", { code: 0, signal: 2 }])
      })
    ))

  it.effect("without a signal it ends a session soon, although its creator was about to attach", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* exec
        const killer = yield* joined(dev, "query")
        signal(killer, 3000)
        yield* eventually("the hang-up", () => !pty.last().isRunning)
        yield* settle
        yield* TestClock.adjust("2 seconds")
        yield* eventually("the end", () => killer.exit)
        assert.deepStrictEqual(killer.exit, { code: 0, signal: 1 })
      })
    ))

  it.effect("that is not allowed breaks the protocol", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "query")
        client.connection.send(FrameType.kill, Buffer.from(`{"graceMs":0,"signal":"SIGKILL"}`))
        yield* eventually("a refusal", () => client.error?.code === "protocol")
        assert.deepStrictEqual(pty.last().signals, [])
      })
    ))
})

describe("a history", () => {
  it.effect("is what was shown, whether or not a client is attached", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "query")
        ask(client)
        yield* eventually("nothing, at first", () => client.history === "")
        pty.last().print("one \r\n\x1b[31mtwo\x1b[0m\r\n$ ")
        yield* settle
        const again = yield* joined(dev, "query")
        ask(again)
        yield* eventually("the text", () => again.history === "one\ntwo\n$\n")
        ask(client, true)
        yield* eventually("the colours", () => client.history?.includes("\x1b[31mtwo\x1b[0m\n"))
      })
    ))

  it.effect("comes as fast as the client reads, and holds up neither the program nor the others", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          yield* start()
          const lines = Array.from({ length: 40_000 }, (_, index) => `${index} ${"x".repeat(60)}`)
          pty.last().print(`${lines.join("\r\n")}\r\n`)
          yield* settle
          const slow = yield* joined(dev, "query")
          slow.connection.pause()
          ask(slow)
          yield* settle
          assert.isBelow(Buffer.concat(slow.of(FrameType.lines)).length, MEGABYTE)
          pty.last().print("later\r\n")
          const other = yield* joined(dev, "attach")
          yield* eventually("the other's", () => other.restored?.includes("later"))
          assert.isFalse(pty.last().isPaused)
          slow.connection.resume()
          yield* eventually("all of it", () => slow.history !== undefined)
          assert.strictEqual(slow.history, `${lines.join("\n")}\n`)
        }),
      {},
      "ring"
    ))

  it.effect("that is being sent arrives whole, also when the session ends", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print("y\r\n".repeat(1_000_000))
        yield* settle
        const slow = yield* joined(dev, "query")
        slow.connection.pause()
        ask(slow)
        yield* settle
        pty.last().exit(0)
        yield* settle
        slow.connection.resume()
        yield* eventually("all of it, and the end", () => slow.exit)
        assert.strictEqual(slow.history?.length, 2_000_000)
      })
    ))

  it.effect("can be asked for one at a time, and by the role query only", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print("y\r\n".repeat(1_000_000))
        yield* settle
        const greedy = yield* joined(dev, "query")
        greedy.connection.pause()
        ask(greedy)
        ask(greedy)
        yield* settle
        greedy.connection.resume()
        yield* eventually("a refusal", () => greedy.error?.code === "protocol")
        const watcher = yield* joined(dev, "watch")
        ask(watcher)
        watcher.connection.send(FrameType.ping)
        yield* eventually("an answer to something else", () => watcher.of(FrameType.pong).length === 1)
        assert.isUndefined(watcher.history)
      })
    ))
})

describe("the record of a session", () => {
  it.effect("says how it ended, before its name is free", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { ends } = yield* SessionFilesTestRef
        const { info } = yield* start()
        const client = yield* joined(dev, "attach")
        pty.last().exit(7)
        yield* eventually("the end", () => client.exit)
        assert.deepInclude(ends.get("dev"), { id: info.id, name: dev, status: { code: 7 } })
        assert.notProperty(ends.get("dev"), "command")
      })
    ))

  it.effect("says that it was killed, and is gone once the name is used again", () =>
    hosting(() =>
      Effect.gen(function*() {
        const { ends } = yield* SessionFilesTestRef
        yield* start()
        const client = yield* joined(dev, "query")
        signal(client, 0)
        yield* eventually("the end", () => client.exit)
        assert.deepStrictEqual(ends.get("dev")?.status, { code: 0, signal: 1 })
        yield* start()
        assert.isFalse(ends.has("dev"))
      })
    ))

  it.effect("leaves out a command that is too long, rather than showing a part of it", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const long = ["echo", ...Array.from({ length: 40_000 }, () => "\u0001\u0001")]
        const session = yield* start({ command: long })
        assert.isUndefined(session.info.command)
        assert.deepStrictEqual(pty.last().spec.args, long.slice(1))
        pty.last().foreground = { command: long.join(" ") }
        const client = yield* joined(dev, "query")
        assert.isAtMost(client.of(FrameType.welcome)[0]!.length, 64 * 1024)
      })
    ))
})

describe("a system that takes its time to tell what runs in the foreground", () => {
  it.effect("delays the answer to a client that asks for it, and what that client asks next", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const answers: Array<() => void> = []
        pty.last().onForeground = (answer) => answers.push(answer)
        pty.last().foreground = { command: "vim", cwd: "/tmp" }
        const client = yield* join(dev, "query")
        ask(client)
        yield* settle
        assert.deepStrictEqual([answers.length, client.frames.length], [1, 0])
        answers[0]!()
        yield* eventually("the history", () => client.of(FrameType.lines).length > 0)
        assert.strictEqual(client.frames[0]![0], FrameType.welcome)
        assert.deepInclude(client.welcome!.info, { foreground: "vim", cwd: "/tmp" })
      })
    ))

  it.effect("delays nobody who attaches, sends or waits", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().onForeground = () => assert.fail("nobody asked")
        for (const role of ["attach", "watch", "send", "wait"] as const) {
          assert.isDefined((yield* joined(dev, role)).welcome)
        }
      })
    ))

  it.effect("may tell it when the client has left, or the session has ended", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const answers: Array<() => void> = []
        pty.last().onForeground = (answer) => answers.push(answer)
        const gone = yield* join(dev, "query")
        const late = yield* join(dev, "query")
        yield* eventually("both are asked for", () => answers.length === 2)
        gone.connection.destroy()
        pty.last().exit(3)
        yield* settle
        for (const answer of answers) answer()
        yield* eventually("the end", () => late.exit)
        assert.deepStrictEqual([late.exit, gone.frames], [{ code: 3 }, []])
      })
    ))
})
