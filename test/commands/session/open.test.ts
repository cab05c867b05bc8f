import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { DaemonLauncherTestRef, layerScripted } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import { NetworkTestRef } from "../../../src/layers/testing/network/NetworkTestRef.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { fakeInfo } from "../../../src/layers/testing/SessionRegistryFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { LaunchError } from "../../../src/services/DaemonLauncher.ts"
import { PathsError } from "../../../src/services/Paths.ts"
import { eventually, settle } from "../../support/fakeClient.ts"
import { inWorld } from "../../support/inWorld.ts"

/** What a terminal gets at the end even if the program has changed nothing: charset, wrapping, cursor and pen. */
const CLEAN = "\x1b(B\x0f\x1b[?7h\x1b[?25h\x1b[0m"

describe("sesh <name>", () => {
  it.effect("creates a session, shows it from its first byte, and ends with its status", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh("dev"))
        const terminal = yield* TtyTestRef
        const programs = yield* PtyTestRef
        yield* eventually("a program", () => programs.all.length === 1)
        programs.last().print("$ ")
        yield* eventually("the prompt", () => terminal.screen.toString() === "$ ")
        assert.isTrue(terminal.isRaw)
        terminal.type("exit 7\r")
        yield* eventually("the typing", () => programs.last().typed.toString() === "exit 7\r")
        programs.last().print("bye\r\n")
        programs.last().exit(7)
        assert.strictEqual(yield* Fiber.join(running), 7)
        assert.strictEqual(terminal.screen.toString(), `$ bye\r\n${CLEAN}`)
        assert.isFalse(terminal.isRaw)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[dev ended]"])
      })))

  it.effect("ends with 128 + n when a signal ended the program", () =>
    inWorld({ pty: { play: (program) => program.exit({ code: 0, signal: 9 }) } }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("dev", "--", "sleep", "9"), 137)
        assert.deepStrictEqual((yield* DaemonLauncherTestRef).specs[0]?.command, ["sleep", "9"])
      })))

  it.effect("detaches by key, on a line of its own, and attaches again where it was", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        const terminal = yield* TtyTestRef
        const programs = yield* PtyTestRef
        const first = yield* Effect.forkChild(sesh("dev", "/srv"))
        yield* eventually("a terminal", () => terminal.isOpen && programs.all.length === 1)
        programs.last().print("half a line")
        yield* eventually("output", () => terminal.screen.includes("half"))
        terminal.type("\x1c")
        assert.strictEqual(yield* Fiber.join(first), 0)
        assert.strictEqual(terminal.screen.toString(), `half a line${CLEAN}\r\n`)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[detached from dev]"])
        assert.isTrue(programs.last().isRunning)
        assert.strictEqual(programs.last().spec.cwd, "/srv")

        const second = yield* Effect.forkChild(sesh("dev"))
        yield* eventually("the restore", () => terminal.screen.toString().endsWith("\r\nhalf a line"))
        assert.strictEqual(programs.all.length, 1)
        terminal.type("\x1b[92;5u")
        assert.strictEqual(yield* Fiber.join(second), 0)
      })))

  it.effect("types what a pipe brings, whatever it is, and detaches at its end", () =>
    inWorld({ tty: { inputIsTerminal: false } }, (sesh) =>
      Effect.gen(function*() {
        const terminal = yield* TtyTestRef
        const running = yield* Effect.forkChild(sesh("dev"))
        terminal.type("a\x1cb")
        terminal.endInput()
        assert.strictEqual(yield* Fiber.join(running), 0)
        const program = (yield* PtyTestRef).last()
        yield* eventually("the typing", () => program.typed.toString() === "a\x1cb")
      })))

  it.effect("ends with 255 and says so when the session's process is gone", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh("dev"))
        const terminal = yield* TtyTestRef
        yield* eventually("a terminal", () => terminal.isOpen)
        yield* settle
        ;(yield* NetworkTestRef).links.at(-1)!.cut()
        assert.strictEqual(yield* Fiber.join(running), 255)
        assert.isFalse(terminal.isRaw)
        assert.include((yield* OutputTestRef).err[0], "[lost dev: ")
      })))

  it.effect.each([["SIGTERM", 143], ["SIGHUP", 129], ["SIGINT", 130]] as const)(
    "gives the terminal back on %s",
    ([signal, code]) =>
      inWorld({}, (sesh) =>
        Effect.gen(function*() {
          const running = yield* Effect.forkChild(sesh("dev"))
          const terminal = yield* TtyTestRef
          yield* eventually("a terminal", () => terminal.isOpen)
          yield* settle
          terminal.signal(signal)
          assert.strictEqual(yield* Fiber.join(running), code)
          assert.isFalse(terminal.isRaw)
          assert.isTrue((yield* PtyTestRef).last().isRunning)
        }))
  )

  it.effect("tells the session the window's size, at first and when it changes", () =>
    inWorld({ tty: { size: { cols: 100, rows: 40 } } }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh("dev"))
        const terminal = yield* TtyTestRef
        const programs = yield* PtyTestRef
        yield* eventually("a terminal", () => terminal.isOpen && programs.all.length === 1)
        yield* settle
        terminal.resize({ cols: 50, rows: 20 })
        yield* eventually("the new size", () => programs.last().sizes.length === 2)
        assert.deepStrictEqual(programs.last().sizes, [{ cols: 100, rows: 40 }, { cols: 50, rows: 20 }])
        terminal.type("\x1c")
        yield* Fiber.join(running)
      })))

  it.effect("tells the session of a change of size while it was attaching", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        const terminal = yield* TtyTestRef
        const programs = yield* PtyTestRef
        // Nobody is told: nobody listens yet.
        terminal.onOpen = () => {
          terminal.size = { cols: 60, rows: 15 }
        }
        const running = yield* Effect.forkChild(sesh("dev"))
        yield* eventually("the new size", () => programs.all[0]?.sizes.at(-1)?.cols === 60)
        terminal.type("\x1c")
        yield* Fiber.join(running)
      })))

  it.effect("holds the session back while the terminal is stopped, and still detaches", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh("dev"))
        const terminal = yield* TtyTestRef
        const programs = yield* PtyTestRef
        yield* eventually("a terminal", () => terminal.isOpen && programs.all.length === 1)
        terminal.stall(true)
        for (let i = 0; i < 64; i++) programs.last().print(Buffer.alloc(65_536, 97))
        yield* eventually("the pause", () => programs.last().isPaused)
        terminal.type("\x1c")
        yield* settle
        terminal.stall(false)
        assert.strictEqual(yield* Fiber.join(running), 0)
      })))

  it.effect("can be left while the program reads nothing of a large paste, which is typed whole if it does", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        const terminal = yield* TtyTestRef
        const programs = yield* PtyTestRef
        const paste = Buffer.alloc(1024 * 1024, "paste ")
        const first = yield* Effect.forkChild(sesh("dev"))
        yield* eventually("a terminal", () => terminal.isOpen && programs.all.length === 1)
        programs.last().stall(true)
        terminal.type(paste)
        terminal.type("\x1c")
        assert.strictEqual(yield* Fiber.join(first), 0)

        programs.last().stall(false)
        const second = yield* Effect.forkChild(sesh("dev"))
        yield* eventually("a terminal", () => terminal.isOpen)
        yield* settle
        const before = programs.last().typed.length
        terminal.type(paste)
        yield* eventually("all of it", () => programs.last().typed.length === before + paste.length)
        assert.isTrue(programs.last().typed.subarray(before).equals(paste))
        terminal.type("\x1c")
        yield* Fiber.join(second)
      })))

  it.effect("refuses to show a session inside itself, however deep", () =>
    inWorld({
      caller: { env: { SHELL: "/bin/sh", SESH_SESSION: "inner" } },
      sessions: [
        { info: fakeInfo("inner", { clients: [{ role: "attach", within: "middle" }] }) },
        { info: fakeInfo("middle", { clients: [{ role: "watch", within: "outer" }] }) },
        { info: fakeInfo("outer", { clients: [{ role: "attach" }] }) }
      ]
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("inner"), 1)
        assert.strictEqual(yield* sesh("outer"), 1)
        assert.strictEqual(yield* sesh("--watch", "middle"), 1)
        const { err } = yield* OutputTestRef
        assert.include(err[0], "this is session inner already")
        assert.include(err[1], "session outer shows inner")
        assert.include(err[2], "session middle shows inner")
        assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
      })))

  it.effect.each<readonly [string, boolean | undefined, number]>([
    ["on another terminal", false, 0],
    ["on its terminal", true, 1],
    ["without a terminal", undefined, 1]
  ])("that a session's name was inherited refuses nothing by itself: %s", ([, isOnTerminal, status]) =>
    inWorld({
      caller: { env: { SHELL: "/bin/sh", SESH_SESSION: "dev" }, isOnTerminal: () => isOnTerminal },
      tty: { inputIsTerminal: false }
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("dev", "-d"), 0)
        const terminal = yield* TtyTestRef
        terminal.endInput()
        assert.strictEqual(yield* sesh("dev"), status)
        assert.strictEqual(yield* sesh("--detach"), status === 0 ? 2 : 0)
      })))

  it.effect("refuses a detach key that makes no sense, and leaves no session", () =>
    inWorld({ caller: { env: { SHELL: "/bin/sh", SESH_DETACH_KEY: "^[" } } }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("dev"), 1)
        assert.include((yield* OutputTestRef).err[0], "SESH_DETACH_KEY")
        assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
      })))

  it.effect("says that SESH_SESSION is no session's name, and leaves no session", () =>
    inWorld({ caller: { env: { SHELL: "/bin/sh", SESH_SESSION: "../x" } } }, (sesh) =>
      Effect.gen(function*() {
        for (const argv of [["dev"], ["--detach"]]) assert.strictEqual(yield* sesh(...argv), 1)
        const words = `sesh: SESH_SESSION is "../x", no session's name: unset it`
        assert.deepStrictEqual((yield* OutputTestRef).err, [words, words])
        assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
      })))

  it.effect.each(
    [
      ["a launch that fails", {
        launcher: layerScripted(() =>
          Effect.fail(new LaunchError({ name: "dev", reason: "no \u001b[2Jptys", kind: "other" }))
        )
      }],
      ["a directory that cannot be used", {
        problem: new PathsError({ path: "/x/.sesh", problem: "is a file", advice: "move it away" })
      }],
      ["a program that cannot be run", { pty: { problem: () => "it does not exist" } }],
      ["SHELL is no path", { caller: { env: { SHELL: "bash" } } }]
    ] as const
  )("%s: one line on stderr, and 1", ([, options]) =>
    inWorld(options, (sesh) =>
      Effect.gen(function*() {
        for (const argv of [["dev"], ["dev", "-d"]]) assert.strictEqual(yield* sesh(...argv), 1)
        const said = yield* OutputTestRef
        assert.deepStrictEqual(said.out, [])
        assert.match(said.err[0]!, /^sesh: [^\n]+$/)
        assert.notMatch(said.err.join(""), /[\u0000-\u001f]/)
      })))

  it.effect("passes the warning of a launch on, once", () =>
    inWorld({
      launcher: layerScripted(() => Effect.succeed({ id: "x", warning: "it will end when you log out" }))
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("dev", "-d"), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: it will end when you log out"])
      })))
})
