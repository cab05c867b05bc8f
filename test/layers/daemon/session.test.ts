import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Machine from "../../../src/layers/testing/Machine.ts"
import { NetworkTestRef } from "../../../src/layers/testing/network/NetworkTestRef.ts"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { SessionFilesTestRef } from "../../../src/layers/testing/SessionFilesFake.ts"
import { Control } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import { eventually, join, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, spec, start } from "../../support/hosting.ts"

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
        assert.strictEqual((yield* SessionFilesTestRef).agents.get("dev"), "/tmp/agent.1")
      })
    ))

  it.effect("hears the keys of its terminal in its shell, and has its creator's signals otherwise", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        // SIGHUP, SIGINT, SIGQUIT and SIGPIPE; SIGUSR1.
        const signals = { ignored: "1007", blocked: "200" }
        yield* Effect.scoped(start({ signals }))
        assert.deepStrictEqual(pty.last().spec.signals, { ignored: "1001", blocked: "200" })
        yield* Effect.scoped(start({ signals, command: ["make"] }))
        assert.deepStrictEqual(pty.last().spec.signals, signals)
      })
    ))

  it.effect("has its agent from the beginning: the link is there before the program", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { agents } = yield* SessionFilesTestRef
        const programs: Array<number> = []
        const set = agents.set.bind(agents)
        agents.set = (name, socket) => {
          programs.push(pty.all.length)
          return set(name, socket)
        }
        yield* start()
        assert.deepStrictEqual(programs, [0])
      })
    ))

  it.effect("has no agent's variable where its creator had no agent", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        for (const env of [{ SHELL: "/bin/sh" }, { SHELL: "/bin/sh", SSH_AUTH_SOCK: "" }]) {
          yield* Effect.scoped(start({ env }))
          assert.notProperty(pty.last().spec.env, "SSH_AUTH_SOCK")
        }
      })
    ))

  it.effect("takes pixels of the window over: at once, when the client learns them, and with other cells", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const pixels = { cols: 80, rows: 24, width: 800, height: 480 }
        yield* start({ size: pixels })
        assert.deepStrictEqual(pty.last().spec.size, pixels)
        // Its hello says only the cells.
        const client = yield* joined(dev, "attach", { size: { cols: 80, rows: 24 } })
        const [restored] = [client.restored]
        assert.deepStrictEqual(pty.last().sizes, [pixels])
        const finer = { ...pixels, width: 1600, height: 960 }
        client.connection.send(FrameType.resize, Control.resize.encode(finer))
        yield* eventually("finer pixels", () => pty.last().sizes.length === 2)
        const other = { cols: 100, rows: 30, width: 1000, height: 600 }
        client.connection.send(FrameType.resize, Control.resize.encode(other))
        yield* eventually("another size", () => pty.last().sizes.length === 3)
        client.connection.send(FrameType.resize, Control.resize.encode({ cols: 100, rows: 30 }))
        yield* eventually("a terminal that does not know pixels", () => pty.last().sizes.length === 4)
        assert.deepStrictEqual(pty.last().sizes.slice(1), [finer, other, { cols: 100, rows: 30 }])
        assert.strictEqual(client.restored, restored)
      })
    ))

  it.effect("has its description written before anybody can find it", () =>
    hosting(() =>
      Effect.gen(function*() {
        const { listeners } = yield* NetworkTestRef
        const { infos } = yield* SessionFilesTestRef
        const found: Array<boolean> = []
        const listen = listeners.set.bind(listeners)
        listeners.set = (name, listener) => {
          found.push(infos.has(name))
          return listen(name, listener)
        }
        yield* start()
        assert.deepStrictEqual(found, [true])
      })
    ))

  it.effect("shows a new client what was shown before, then live output", () =>
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

  it.effect("restores for a client that resumes another session of the same name", () =>
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

  it.effect("types what clients type, and acknowledges it", () =>
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
        assert.strictEqual(sizes.length, 4, "a client that is not primary does not resize")
        a.connection.destroy()
        yield* eventually("the other one's size", () => sizes[4]?.cols === 100)
      })
    ))

  it.effect("has not the size of a client that reconnects, where another one has typed since it did", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start()
        const { sizes } = pty.last()
        const client = "0123456789abcdef"
        const small = { client, size: { cols: 40, rows: 10 } }
        const large = { cols: 120, rows: 50 }
        const resume = { session: info.id, output: 0, input: 0, only: true }
        const a = yield* joined(dev, "attach", small)
        const b = yield* joined(dev, "attach", { size: large })
        assert.deepStrictEqual(sizes.slice(1), [small.size, large])
        a.connection.destroy()
        yield* settle
        const back = yield* joined(dev, "attach", { ...small, resume })
        assert.isFalse(back.welcome!.restore)
        yield* eventually("a picture for its window", () => back.of(FrameType.restore).length === 1)
        assert.lengthOf(sizes, 3, "nobody has typed")
        // Its old connection is not known to be dead.
        const again = yield* joined(dev, "attach", { ...small, resume })
        yield* settle
        assert.lengthOf(sizes, 3, "nobody has typed")
        again.type("x")
        yield* eventually("its size", () => sizes[3]?.cols === 40)
        again.connection.destroy()
        yield* eventually("the other one's size", () => sizes[4]?.cols === 120)
        yield* joined(dev, "attach", { ...small, resume: { ...resume, input: 1 } })
        yield* eventually("the size of the one that typed last", () => sizes[5]?.cols === 40)
        b.type("x")
        yield* eventually("the other one's size again", () => sizes[6]?.cols === 120)
      })
    ))

  it.effect("tells a query about itself", () =>
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
        const { agents } = yield* SessionFilesTestRef
        yield* joined(dev, "attach", { agent: "/tmp/agent.2" })
        yield* eventually("the new agent", () => agents.get("dev") === "/tmp/agent.2")
        yield* joined(dev, "watch", { agent: "/tmp/agent.3" })
        yield* settle
        assert.strictEqual(agents.get("dev"), "/tmp/agent.2")
      })
    ))
})

describe("what a session runs", () => {
  it.effect("is SHELL, else the shell of the account, else /bin/sh", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start({ env: { SHELL: "/bin/zsh" } })
        assert.strictEqual(pty.last().spec.file, "/bin/zsh")
      })
    ))

  for (const [account, file] of [["/bin/fish", "/bin/fish"], [undefined, "/bin/sh"]] as const) {
    for (const env of [{}, { SHELL: "" }] as ReadonlyArray<Record<string, string>>) {
      it.effect(`is ${file} where SHELL is ${env["SHELL"] ?? "not set"} and the account has ${account}`, () =>
        Effect.gen(function*() {
          yield* start({ env })
          const { spec } = (yield* PtyTestRef).last()
          assert.deepStrictEqual([spec.file, spec.env["SHELL"]], [file, file])
        }).pipe(Effect.provide(Machine.layer({ caller: { accountShell: () => account } }))))
    }
  }
})

describe("a session that cannot start", () => {
  it.effect.each(
    [
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
