import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { PtyFakeOptions } from "../../../src/layers/testing/PtyFake.ts"
import { SessionFilesTestRef } from "../../../src/layers/testing/SessionFilesFake.ts"
import { Control } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import { eventually, type FakeClient, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, spec, start } from "../../support/hosting.ts"

const kept = start({ keep: true, command: ["make", "all"] })

const kill = (client: FakeClient, more?: { readonly signal: "SIGINT" }) =>
  client.connection.send(FrameType.kill, Control.kill.encode({ graceMs: 3000, ...more }))

describe("a session that outlives its command", () => {
  it.effect("tells how that ended, and goes on with a shell in the same directory and environment", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          yield* kept
          const client = yield* joined(dev, "attach")
          pty.last().print("built")
          pty.last().exit(2)
          yield* eventually("a shell", () => pty.all.length === 2)
          const [first, shell] = pty.all
          assert.deepStrictEqual(
            { ...shell!.spec, env: shell!.spec.env["SESH_SESSION"] },
            { file: "/bin/sh", args: [], cwd: spec.dir, size: spec.size, env: "dev" }
          )
          assert.deepStrictEqual(shell!.spec.env, first!.spec.env)
          shell!.print("$ ")
          yield* eventually("its prompt", () => client.output.endsWith("$ "))
          assert.match(client.output, /^built[^]*\r\n\[make all ended with status 2\]\r\n\$ $/)
          client.type("ls\r")
          yield* eventually("typing into the shell", () => shell!.typed.toString() === "ls\r")
          assert.strictEqual(first!.typed.length, 0)
          assert.isUndefined(client.closed)
        }),
      {},
      "ring"
    ))

  it.effect("says by which signal it was ended, with the command's control characters escaped", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start({ keep: true, command: ["printf", "\x1b[2J\n\u009b", "x".repeat(100)] })
        const client = yield* joined(dev, "attach")
        pty.last().exit({ code: 0, signal: 11 })
        yield* eventually("the line", () => client.output.includes("signal 11]\r\n"))
        const line = /\[printf.*\]/.exec(client.output)![0]
        assert.include(line, "\\x1b[2J\\x0a\\x9b")
        assert.isBelow(line.length, 90)
        assert.include(line, "... ended by signal 11")
      })
    ))

  it.effect("undoes the modes that the command has set", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          yield* kept
          const client = yield* joined(dev, "attach")
          pty.last().print("\x1b[?1049h\x1b[?1000h\x1b[?2004hfull screen")
          pty.last().exit(0)
          yield* eventually("the line", () => client.output.includes("status 0]"))
          const between = client.output.split("full screen")[1]!
          for (const undone of ["\x1b[?1049l", "\x1b[?1000l", "\x1b[?2004l"]) assert.include(between, undone)
        }),
      {},
      "ring"
    ))

  it.effect("tells its creator at once, with the command's output and no line of ours", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ keep: true, awaited: true, command: ["make"] })
        pty.last().print("built\r\n")
        pty.last().exit(4)
        yield* settle
        assert.lengthOf(pty.all, 1, "the shell waits for the creator too")
        const waiter = yield* joined(dev, "wait", { command: { session: info.id, capture: 1000 } })
        yield* eventually("the end", () => waiter.closed)
        assert.deepStrictEqual([waiter.output, waiter.exit], ["built\r\n", { code: 4 }])
        yield* eventually("a shell", () => pty.all.length === 2)
        pty.last().print("$ ")
        const late = yield* joined(dev, "wait", { command: { session: info.id, capture: 1000 } })
        yield* eventually("the same again", () => late.closed)
        assert.deepStrictEqual([late.output, late.exit], ["built\r\n", { code: 4 }])
        assert.isTrue(pty.last().isRunning)
      })
    ))

  it.effect("ends with its shell, and with its status; a wait for the session waits for the shell", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const session = yield* kept
        const end = yield* Effect.forkChild(session.ended)
        const waiter = yield* joined(dev, "wait")
        const client = yield* joined(dev, "attach")
        pty.last().exit(2)
        yield* eventually("a shell", () => pty.all.length === 2)
        yield* settle
        assert.isUndefined(waiter.exit)
        pty.last().exit(5)
        yield* eventually("the end", () => waiter.exit && client.exit)
        assert.deepStrictEqual([waiter.exit, client.exit], [{ code: 5 }, { code: 5 }])
        const { ends } = yield* SessionFilesTestRef
        assert.deepInclude(ends.get("dev"), { status: { code: 5 }, command: { code: 2 } })
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* Fiber.join(end), { code: 5 })
      })
    ))

  it.effect("keeps name, id and command; what runs is the shell", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* kept
        pty.last().exit(0)
        yield* eventually("a shell", () => pty.all.length === 2)
        const now = (yield* joined(dev, "query")).welcome!.info
        assert.deepInclude(now, { id: info.id, name: dev, command: ["make", "all"], foreground: "/bin/sh" })
        assert.strictEqual(now.pid, pty.last().pid)
      })
    ))

  it.effect("gives the shell the size of that moment, and later ones", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* kept
        yield* joined(dev, "attach", { size: { cols: 100, rows: 30 } })
        pty.last().exit(0)
        yield* eventually("a shell", () => pty.all.length === 2)
        assert.deepStrictEqual(pty.last().sizes[0], { cols: 100, rows: 30 })
        yield* joined(dev, "attach", { size: { cols: 90, rows: 20 } })
        assert.deepStrictEqual(pty.last().sizes.at(-1), { cols: 90, rows: 20 })
      })
    ))

  it.effect("goes on counting: a client that resumes gets what it missed", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* kept
        pty.last().print("built\r\n")
        pty.last().exit(0)
        yield* eventually("a shell", () => pty.all.length === 2)
        pty.last().print("$ ")
        yield* settle
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("all of it", () => client.output === "built\r\n[make all ended with status 0]\r\n$ ")
      })
    ))

  it.effect("does not pass input for the command on to the shell, but what was typed since", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ keep: true, awaited: true, command: ["sleep"] })
        const [first] = pty.all
        first!.stall(true)
        const sender = yield* joined(dev, "send")
        for (let i = 0; i < 6; i++) sender.type(Buffer.alloc(32_768, 120))
        yield* settle
        assert.isBelow(sender.acked!, 6 * 32_768)
        first!.exit(0)
        yield* eventually("all taken", () => sender.acked === 6 * 32_768)
        sender.type("ls\r")
        yield* settle
        yield* joined(dev, "wait", { command: { session: info.id, capture: 0 } })
        yield* eventually("a shell", () => pty.all.length === 2)
        yield* eventually("the typing", () => pty.last().typed.toString() === "ls\r")
        yield* eventually("the ack", () => sender.acked === 6 * 32_768 + 3)
        sender.type("pwd\r")
        yield* eventually("more", () => pty.last().typed.toString() === "ls\rpwd\r")
      })
    ))

  it.effect("pauses the shell for a slow client, as the command", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* kept
        const client = yield* joined(dev, "attach")
        client.connection.pause()
        for (let i = 0; i < 32; i++) pty.last().print(Buffer.alloc(65_536, 97))
        yield* eventually("the pause", () => pty.last().isPaused)
        client.connection.resume()
        yield* eventually("all of it", () => client.output.length === 32 * 65_536)
        pty.last().exit(0)
        yield* eventually("a shell", () => pty.all.length === 2)
        client.connection.pause()
        for (let i = 0; i < 32; i++) pty.last().print(Buffer.alloc(65_536, 98))
        yield* eventually("the pause", () => pty.last().isPaused)
        client.connection.resume()
        yield* eventually("the rest", () => client.output.endsWith("b") && pty.last().unread === 0)
      })
    ))
})

describe("ending a session that outlives its command", () => {
  it.effect("a kill ends all of it, also while the command runs", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* kept
        const client = yield* joined(dev, "query")
        kill(client)
        yield* eventually("the end", () => client.exit)
        assert.deepStrictEqual(client.exit, { code: 0, signal: 1 })
        assert.lengthOf(pty.all, 1)
      })
    ))

  it.effect("a signal ends the command; the shell that follows is spared, by its grace too", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* kept
        const client = yield* joined(dev, "query")
        kill(client, { signal: "SIGINT" })
        yield* eventually("a shell", () => pty.all.length === 2)
        kill(client, { signal: "SIGINT" })
        yield* settle
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(pty.last().signals, [])
        assert.isTrue(pty.last().isRunning)
        kill(client)
        yield* eventually("the end", () => client.exit)
        assert.deepStrictEqual(pty.last().signals, ["SIGHUP"])
      })
    ))

  const noShell: PtyFakeOptions = { problem: ({ file }) => file === "/bin/sh" ? "it is \x1b[1mgone" : undefined }

  it.effect("without a shell it ends with the command, and says why", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* kept
        const client = yield* joined(dev, "attach")
        pty.last().exit(6)
        yield* eventually("the end", () => client.exit)
        assert.deepStrictEqual(client.exit, { code: 6 })
        assert.include(
          client.output,
          "[make all ended with status 6]\r\n[no shell: cannot start /bin/sh: it is \\x1b[1mgone]"
        )
      }), noShell))

  it.effect("while the system has too little for a shell it goes on, and gets one later", () => {
    let isShort = true
    const shortage = { problem: "no more processes", kind: "other", isShortage: true } as const
    const problem: PtyFakeOptions["problem"] = ({ file }) => file === "/bin/sh" && isShort ? shortage : undefined
    return hosting((pty) =>
      Effect.gen(function*() {
        yield* kept
        const client = yield* joined(dev, "attach")
        pty.last().exit(6)
        yield* eventually("the words", () => client.output.includes("[no shell yet"))
        yield* TestClock.adjust("1 hour")
        assert.isUndefined(client.exit)
        assert.lengthOf(client.output.split("[no shell yet: cannot start /bin/sh: no more processes]\r\n"), 2)
        isShort = false
        yield* TestClock.adjust("2 seconds")
        yield* eventually("a shell", () => pty.all.length === 2)
        pty.last().exit(3)
        yield* eventually("the end", () => client.exit)
        assert.deepStrictEqual(client.exit, { code: 3 })
      }), { problem })
  })

  it.effect("while it waits for a shell it can be killed", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* kept
        const client = yield* joined(dev, "attach")
        pty.last().exit(6)
        yield* eventually("the words", () => client.output.includes("[no shell yet"))
        kill(yield* joined(dev, "query"))
        yield* settle
        yield* TestClock.adjust("2 seconds")
        yield* eventually("the end", () => client.exit)
        assert.deepStrictEqual(client.exit, { code: 6 })
      }), {
      problem: ({ file }) =>
        file === "/bin/sh" ? { problem: "no more processes", kind: "other", isShortage: true } : undefined
    }))

  it.effect("without a command there is nothing to outlive", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start({ keep: true })
        const client = yield* joined(dev, "attach")
        pty.last().exit(6)
        yield* eventually("the end", () => client.exit)
        assert.lengthOf(pty.all, 1)
      })
    ))
})
