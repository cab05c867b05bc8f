import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { DaemonLauncherTestRef, layerScripted } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { fakeInfo, SessionRegistryTestRef } from "../../../src/layers/testing/SessionRegistryFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { Control } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { SessionExists } from "../../../src/services/SessionServer.ts"
import { eventually, joined, settle } from "../../support/fakeClient.ts"
import { inWorld } from "../../support/inWorld.ts"

const dev = "dev" as SessionName

describe("sesh <name> -d", () => {
  it.effect("creates without attaching, with the whole environment", () =>
    inWorld(
      { caller: { env: { SHELL: "/bin/sh", A: "b", EMPTY: "" }, cwd: "/work" } },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("dev", "sub", "-d", "--", "top", "-b"), 0)
          const [spec] = (yield* DaemonLauncherTestRef).specs
          assert.deepStrictEqual(spec, {
            name: dev,
            dir: "/work/sub",
            command: ["top", "-b"],
            env: { SHELL: "/bin/sh", A: "b", EMPTY: "" },
            size: { cols: 80, rows: 24 },
            awaited: false
          })
          assert.strictEqual((yield* TtyTestRef).opened, 0)
          const said = yield* OutputTestRef
          assert.deepStrictEqual([...said.out, ...said.err], [])
        })
    ))

  it.effect("is content when the session is there, or when another creator was faster", () =>
    inWorld({
      sessions: [{ info: fakeInfo("dev") }],
      launcher: layerScripted(({ name }) => Effect.fail(new SessionExists({ name })))
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("dev", "-d"), 0)
        assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
        assert.strictEqual(yield* sesh("other", "-d"), 0)
        assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 1)
      })))
})

describe("sesh --watch", () => {
  it.effect("shows and does not type; Ctrl-C and the detach key leave", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("dev", "-d"), 0)
        const programs = yield* PtyTestRef
        const terminal = yield* TtyTestRef
        for (const key of ["\x03", "\x1c"]) {
          const watching = yield* Effect.forkChild(sesh("--watch", "dev"))
          yield* eventually("a terminal", () => terminal.isOpen)
          programs.last().print("seen")
          yield* eventually("output", () => terminal.screen.includes("seen"))
          terminal.type("x")
          terminal.type(key)
          assert.strictEqual(yield* Fiber.join(watching), 0)
        }
        assert.strictEqual(programs.last().typed.length, 0)
      })))

  it.effect("of a session that does not exist: says so, and creates none", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--watch", "dev"), 1)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: no session named dev"])
        assert.strictEqual((yield* TtyTestRef).opened, 0)
      })))

  it.effect("goes on when there is no input to begin with", () =>
    inWorld({ tty: { inputIsTerminal: false } }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("dev", "-d")
        const terminal = yield* TtyTestRef
        const watching = yield* Effect.forkChild(sesh("--watch", "dev"))
        terminal.endInput()
        yield* eventually("a terminal", () => terminal.isOpen)
        yield* settle
        ;(yield* PtyTestRef).last().print("seen")
        yield* eventually("output", () => terminal.screen.includes("seen"))
        ;(yield* PtyTestRef).last().exit(0)
        assert.strictEqual(yield* Fiber.join(watching), 0)
      })))
})

describe("sesh", () => {
  const sessions = [
    {
      info: fakeInfo("web", {
        dir: "/home/user/web",
        foreground: "vim \u001b[31mx",
        clients: [{ role: "attach" }, { role: "watch" }]
      })
    },
    { info: fakeInfo("build-server", { dir: "/srv/日本", command: ["make", "-j2"] }) },
    { info: fakeInfo("stuck"), problem: "no answer in 1 s" }
  ]

  it.effect("lists in columns, with headings on a terminal", () =>
    inWorld({ sessions }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh(), 0)
        assert.deepStrictEqual((yield* OutputTestRef).out.join("\n").split("\n"), [
          "NAME          CLIENTS  AGE  DIRECTORY  RUNNING",
          "build-server  0        0s   /srv/日本  make -j2",
          "stuck         0        0s   ~          (no answer in 1 s)",
          "web           2        0s   ~/web      vim \\x1b[31mx"
        ])
      })))

  it.effect("lists without headings on a pipe", () =>
    inWorld({ sessions, outputIsTerminal: false }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh()
        assert.match((yield* OutputTestRef).out[0]!, /^build-server/)
      })))

  it.effect("says how to begin when there are none, on a terminal only", () =>
    Effect.gen(function*() {
      const said = (outputIsTerminal: boolean) =>
        inWorld({ outputIsTerminal }, (sesh) =>
          Effect.andThen(sesh(), Effect.map(OutputTestRef, ({ err, out }) => [...out, ...err])))
      assert.deepStrictEqual(yield* said(true), ["No sessions. Start one: sesh <name>"])
      assert.deepStrictEqual(yield* said(false), [])
    }))

  it.effect("--json prints what the schema says", () =>
    inWorld({ sessions: sessions.slice(2) }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("--json")
        assert.deepStrictEqual(JSON.parse((yield* OutputTestRef).out.join("\n")), {
          version: 1,
          sessions: [{ name: "stuck", info: sessions[2]!.info, problem: "no answer in 1 s" }]
        })
      })))

  it.effect("--names prints names alone", () =>
    inWorld({ sessions }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("--names")
        assert.deepStrictEqual((yield* OutputTestRef).out, ["build-server\nstuck\nweb"])
      })))
})

describe("sesh --kill", () => {
  it.effect("ends what it can, says what it could not, and fails if there was any", () =>
    inWorld({ sessions: [{ info: fakeInfo("a") }, { info: fakeInfo("b") }] }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--kill", "a", "nope", "b"), 1)
        assert.strictEqual((yield* SessionRegistryTestRef).sessions.size, 0)
        assert.deepStrictEqual((yield* OutputTestRef).err.toSorted(), [
          "[a ended]",
          "[b ended]",
          "sesh: no session named nope"
        ])
      })))

  it.effect("succeeds when all are gone", () =>
    inWorld({ sessions: [{ info: fakeInfo("a") }] }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--kill", "a"), 0)
      })))
})

describe("sesh --detach", () => {
  it.effect("lets the clients go, of the session it is called in when none is named", () =>
    inWorld({
      caller: { env: { SESH_SESSION: "here" } },
      sessions: [
        { info: fakeInfo("here", { clients: [{ role: "attach" }] }) },
        { info: fakeInfo("there", { clients: [{ role: "attach" }, { role: "watch" }] }) }
      ]
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--detach"), 0)
        assert.strictEqual(yield* sesh("--detach", "there"), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, [
          "[1 client of here detached]",
          "[2 clients of there detached]"
        ])
      })))

  it.effect("wants a name outside a session: wrong usage", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--detach"), 2)
        assert.match((yield* OutputTestRef).err[0]!, /^sesh: .*\nusage: sesh --detach \[name\]$/)
      })))

  it.effect("ends an attachment with 0 and says who was detached", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh("dev"))
        const terminal = yield* TtyTestRef
        yield* eventually("a terminal", () => terminal.isOpen)
        yield* settle
        const other = yield* joined(dev, "query")
        other.connection.send(FrameType.detach, Control.detach.encode({}))
        assert.strictEqual(yield* Fiber.join(running), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[detached from dev]"])
      })))
})

describe("wrong usage", () => {
  it.effect.each([["--bogus"], ["a/b"], ["--kill"], ["dev", "x", "y"]])(
    "%j: what is wrong, the right form, and 2",
    (argv) =>
      inWorld({}, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh(...[argv].flat()), 2)
          const said = yield* OutputTestRef
          assert.match(said.err.join("\n"), /^sesh: [^\n]+\nusage: sesh [^\n]+$/)
          assert.deepStrictEqual(said.out, [])
          assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
        }))
  )

  it.effect("--help and --version print to standard output", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--help"), 0)
        assert.strictEqual(yield* sesh("-V"), 0)
        const { out } = yield* OutputTestRef
        assert.include(out[0], "sesh --kill <name>...")
        assert.strictEqual(out[1], "sesh 0.0.0")
      })))
})
