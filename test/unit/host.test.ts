import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Caller from "../../src/layers/CallerFake.ts"
import { INPUT_WINDOW } from "../../src/layers/internal/host/member.ts"
import { layer as network, MemoryNetwork } from "../../src/layers/internal/memoryNetwork.ts"
import * as PtyFake from "../../src/layers/PtyFake.ts"
import * as QueryResponder from "../../src/layers/QueryResponderLive.ts"
import * as Scrollback from "../../src/layers/ScrollbackMemory.ts"
import * as SessionClient from "../../src/layers/SessionClientMemory.ts"
import { layer as files, WrittenFiles } from "../../src/layers/SessionFilesMemory.ts"
import * as SessionHost from "../../src/layers/SessionHostLive.ts"
import * as SessionServer from "../../src/layers/SessionServerMemory.ts"
import { Control } from "../../src/schema/Control.ts"
import { FrameType } from "../../src/schema/Frame.ts"
import type { SessionSpec } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { SessionClient as Client } from "../../src/services/SessionClient.ts"
import { SessionHost as Host } from "../../src/services/SessionHost.ts"
import { eventually, FakeClient, join, joined, settle } from "../support/fakeClient.ts"

const dev = "dev" as SessionName

const spec: SessionSpec = {
  name: dev,
  dir: "/home/user",
  env: { SHELL: "/bin/sh", TERM: "xterm", TMUX: "/tmp/tmux,1,0", SSH_AUTH_SOCK: "/tmp/agent.1" },
  size: { cols: 80, rows: 24 },
  awaited: false
}

type Services = Host | Client | MemoryNetwork | WrittenFiles | Scope.Scope

/** Runs against a session's host, with the programs that it starts. */
const hosting = <A, E>(
  use: (programs: PtyFake.Programs["Service"]) => Effect.Effect<A, E, Services>,
  options?: PtyFake.PtyFakeOptions
) =>
  Effect.flatMap(PtyFake.Programs, use).pipe(
    Effect.provide(SessionHost.layer.pipe(
      Layer.provideMerge(Layer.mergeAll(SessionServer.layer, SessionClient.layer)),
      Layer.provideMerge(
        Layer.mergeAll(network(), files, QueryResponder.layer, Scrollback.layer, PtyFake.layer(options), Caller.layer())
      )
    ))
  )

/** A client that has not said anything yet. */
const connect = Effect.gen(function*() {
  return new FakeClient(yield* (yield* Client).connect(dev))
})

const start = (more?: Partial<SessionSpec>) => Effect.flatMap(Host, (host) => host.start({ ...spec, ...more }))

describe("a session", () => {
  it.effect("runs the shell in the directory, with its own environment", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const { args, cwd, env, file, size } = pty.last().spec
        assert.deepStrictEqual({ args, cwd, file, size }, {
          args: [],
          cwd: "/home/user",
          file: "/bin/sh",
          size: spec.size
        })
        assert.strictEqual(env["SESH_SESSION"], "dev")
        assert.strictEqual(env["SSH_AUTH_SOCK"], "/memory/dev.agent")
        assert.strictEqual(env["TERM"], "xterm")
        assert.notProperty(env, "TMUX")
        assert.strictEqual((yield* WrittenFiles).agents.get("dev"), "/tmp/agent.1")
      })
    ))

  it.effect("shows a new client what was shown before, then what comes", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print("before ")
        yield* settle
        const client = yield* joined(dev, "attach")
        assert.strictEqual(client.restored, "before ")
        pty.last().print("after")
        yield* eventually("live output", () => client.output === "after")
      })
    ))

  it.effect("shows its creator everything since the beginning, as live output", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start()
        pty.last().print("$ ")
        yield* settle
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        assert.isFalse(client.welcome?.restore)
        assert.strictEqual(client.output, "$ ")
        assert.isUndefined(client.restored)
      })
    ))

  it.effect("restores for who resumes another session of the same name", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print("$ ")
        yield* settle
        const client = yield* joined(dev, "attach", { resume: { session: "another", output: 0, input: 0 } })
        assert.isTrue(client.welcome?.restore)
        assert.strictEqual(client.restored, "$ ")
      })
    ))

  it.effect("types what clients type, and says how much of it", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        client.type("ls")
        client.type("\r")
        yield* eventually("the typing", () => pty.last().typed.toString() === "ls\r")
        yield* eventually("the ack", () => client.acked === 3)
      })
    ))

  it.effect("types nothing twice that a client sends again", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const first = yield* joined(dev, "attach", { client: "c" })
        first.type("abc")
        yield* eventually("the ack", () => first.acked === 3)
        first.connection.destroy()
        yield* eventually("its end", () => first.closed)
        const again = yield* joined(dev, "attach", { client: "c" })
        assert.strictEqual(again.welcome?.input, 3)
        again.type("bcd", 1)
        yield* eventually("the rest", () => pty.last().typed.toString() === "abcd")
        again.type("x", 9)
        yield* eventually("a refusal of what does not follow", () => again.error?.code === "protocol")
      })
    ))

  it.effect("does not let watchers type or resize", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const watcher = yield* joined(dev, "watch", { size: { cols: 10, rows: 5 } })
        watcher.type("rm -rf /")
        watcher.connection.send(FrameType.resize, Control.resize.encode({ cols: 11, rows: 6 }))
        watcher.connection.send(FrameType.ping, Buffer.from("x"))
        yield* eventually("the pong", () => watcher.of(FrameType.pong).length === 1)
        assert.strictEqual(pty.last().typed.toString(), "")
        assert.deepStrictEqual(pty.last().sizes, [spec.size])
      })
    ))

  it.effect("has the size of the client that typed last", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const { sizes } = pty.last()
        const small = { cols: 40, rows: 10 }
        const large = { cols: 120, rows: 50 }
        const a = yield* joined(dev, "attach", { size: small })
        const b = yield* joined(dev, "attach", { size: large })
        assert.deepStrictEqual(sizes.slice(1), [small, large])
        a.type("x")
        yield* eventually("the first one's size", () => sizes.length === 4 && sizes[3]?.cols === 40)
        b.connection.send(FrameType.resize, Control.resize.encode({ cols: 100, rows: 40 }))
        yield* settle
        assert.strictEqual(sizes.length, 4, "who does not lead does not resize")
        a.connection.destroy()
        yield* eventually("the other one's size", () => sizes[4]?.cols === 100)
      })
    ))

  it.effect("tells who asks about itself", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().foreground = { command: "vim x", cwd: "/srv" }
        yield* joined(dev, "attach", { size: { cols: 80, rows: 24 }, within: "outer" })
        yield* joined(dev, "watch")
        const { info } = (yield* joined(dev, "query")).welcome!
        assert.strictEqual(info.foreground, "vim x")
        assert.strictEqual(info.cwd, "/srv")
        assert.deepStrictEqual(info.clients, [
          { role: "attach", size: { cols: 80, rows: 24 }, within: "outer" },
          { role: "watch" }
        ])
      })
    ))

  it.effect("points the agent's path to the agent of the client that attached last", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const { agents } = yield* WrittenFiles
        yield* joined(dev, "attach", { agent: "/tmp/agent.2" })
        yield* eventually("the new agent", () => agents.get("dev") === "/tmp/agent.2")
        yield* joined(dev, "watch", { agent: "/tmp/agent.3" })
        yield* settle
        assert.strictEqual(agents.get("dev"), "/tmp/agent.2")
      })
    ))
})

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

  it.effect("frees the name before anybody hears of it", () =>
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

  it.effect("holds a fast program for it, so that it hears the first byte", () =>
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

  it.effect("lets a fast program go on when nobody comes", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start({ awaited: true })
        for (let i = 0; i < 128; i++) pty.last().print(Buffer.alloc(65_536, 97))
        yield* eventually("the pause", () => pty.last().isPaused)
        yield* TestClock.adjust("11 seconds")
        yield* eventually("all of it", () => pty.last().unread === 0)
      })
    ))

  it.effect("is not put off for ever by a creator that never comes", () =>
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

  it.effect("of an attachment: who detaches all lets every client go", () =>
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

describe("a program that asks its terminal", () => {
  const ASK = "\x1b[c"
  const OURS = "\x1b[?62;22c"

  it.effect("is answered by the session when nobody is there", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print(`before${ASK}after`)
        yield* eventually("an answer", () => pty.last().typed.toString() === OURS)
        const client = yield* joined(dev, "attach")
        assert.notInclude(client.restored, ASK)
      })
    ))

  it.effect("is asked on by the terminal that leads, and by no other", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const other = yield* joined(dev, "attach")
        const watcher = yield* joined(dev, "watch")
        const leader = yield* joined(dev, "attach")
        pty.last().print(`a${ASK}b`)
        yield* eventually("output", () => [other, watcher, leader].every(({ output }) => output.endsWith("b")))
        assert.strictEqual(leader.output, `a${ASK}b`)
        for (const { output } of [other, watcher]) {
          assert.notInclude(output, ASK)
          assert.strictEqual(output.length, leader.output.length, "offsets hold")
        }
        assert.strictEqual(pty.last().typed.length, 0)
      })
    ))

  it.effect("is answered by the session when the terminal leaves without an answer", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        pty.last().print(ASK)
        yield* eventually("the question", () => client.output.includes(ASK))
        client.connection.destroy()
        yield* eventually("an answer", () => pty.last().typed.toString() === OURS)
      })
    ))

  it.effect("before its creator has attached is answered by the creator's terminal alone", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ awaited: true })
        pty.last().print(ASK)
        yield* settle
        assert.strictEqual(pty.last().typed.length, 0)
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("the question", () => client.output === ASK)
        assert.strictEqual(pty.last().typed.length, 0)
      })
    ))

  it.effect("is not asked again by who resumes: it was answered meanwhile", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start()
        pty.last().print(`a${ASK}b`)
        yield* eventually("an answer", () => pty.last().typed.toString() === OURS)
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("output", () => client.output.length === ASK.length + 2)
        assert.notInclude(client.output, ASK)
      })
    ))
})

describe("a program that asks and does not read", () => {
  it.effect("is not answered for ever", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const program = pty.last()
        program.stall(true)
        for (let i = 0; i < 100; i++) program.print("\x1b[c".repeat(10_000))
        yield* eventually("all of it", () => program.unread === 0)
        yield* settle
        program.stall(false)
        yield* settle
        assert.isAtMost(program.typed.length, 1_000_000)
      })
    ))
})

describe("clients of different sizes", () => {
  it.effect("get the screen anew when the session takes another's size, but not for a change of their own", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print("shown")
        yield* settle
        const small = yield* joined(dev, "attach", { size: { cols: 40, rows: 10 } })
        const large = yield* joined(dev, "attach", { size: { cols: 120, rows: 50 } })
        const restores = () => [small, large].map((client) => client.of(FrameType.restore).length)
        yield* eventually("the small one's new picture", () => restores()[0] === 2)
        assert.strictEqual(restores()[1], 1)
        small.type("x")
        yield* eventually("new pictures for both", () => restores()[0] === 3 && restores()[1] === 2)
        small.connection.send(FrameType.resize, Control.resize.encode({ cols: 50, rows: 12 }))
        yield* eventually("a new picture for the other", () => restores()[1] === 3)
        assert.strictEqual(restores()[0], 3)
      })
    ))
})

describe("bad clients", () => {
  it.effect("who say no hello are dropped after a while", () =>
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
      ["a first frame that is no hello", FrameType.output, "x"],
      ["a hello that is no JSON", FrameType.hello, "{"],
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

  it.effect("who send more than the window are dropped; the program's other input is not lost", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().stall(true)
        const flood = yield* joined(dev, "attach")
        for (let sent = 0; sent < 4 * INPUT_WINDOW; sent += 65_536) flood.type(Buffer.alloc(65_536, 120))
        yield* eventually("a refusal", () => flood.error?.code === "window")
        pty.last().stall(false)
        const good = yield* joined(dev, "attach")
        good.type("ok")
        yield* eventually("the other's typing", () => pty.last().typed.toString().endsWith("ok"))
        assert.isAtMost(pty.last().typed.length, 3 * INPUT_WINDOW)
      })
    ))

  it.effect("who break off half-way do no harm", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        yield* join(dev, "attach")
        ;(yield* MemoryNetwork).links[1]!.cut()
        pty.last().print("on")
        yield* eventually("output", () => client.output === "on")
      })
    ))

  it.effect("too many at once: the last ones are refused", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        for (let i = 0; i < 64; i++) yield* joined(dev, "query")
        const last = yield* join(dev, "query")
        yield* eventually("a refusal", () => last.error?.code === "full")
      })
    ))
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

  it.effect("one that takes nothing for a second holds up nobody, and gets a fresh restore when it is back", () =>
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

describe("a session that cannot start", () => {
  it.effect.each(
    [
      [{}, "SHELL is not set"],
      [{ SHELL: "bash" }, "not an absolute path"]
    ] as const
  )("says what is wrong with %j", ([env, problem]) =>
    hosting((pty) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(start({ env }))
        assert.strictEqual(error._tag, "SpecError")
        assert.include(error.message, problem)
        assert.strictEqual(pty.all.length, 0)
      })
    ))

  it.effect("because the program cannot be run leaves nothing behind", () =>
    hosting(
      () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(start())
          assert.strictEqual(error.message, "cannot start /bin/sh: it does not exist")
          const attempt = yield* Effect.flip(join(dev, "attach"))
          assert.strictEqual(attempt._tag, "NoSession")
        }),
      { problem: () => "it does not exist" }
    ))

  it.effect("because the name is taken starts nothing", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        assert.strictEqual((yield* Effect.flip(start()))._tag, "SessionExists")
        assert.strictEqual(pty.all.length, 1)
      })
    ))
})
