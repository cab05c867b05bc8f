import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { withoutReturns } from "../../../src/commands/scripts/exec.ts"
import { DaemonLauncherTestRef, layerScripted } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { type FakeProgram, PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { SignalsTestRef } from "../../../src/layers/testing/SignalsFake.ts"
import { WorldTestRef } from "../../../src/layers/testing/World.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { LaunchError } from "../../../src/services/DaemonLauncher.ts"
import { eventually, settle } from "../../support/fakeClient.ts"
import { inWorld } from "../../support/inWorld.ts"

const job = "job" as SessionName

/** What went to standard output as it is. */
const written = Effect.map(OutputTestRef, ({ bytes }) => Buffer.concat(bytes).toString())

const playing = (play: (program: FakeProgram) => void) => ({ pty: { play } })

/** Lines typed back, and the end with the line `exit`. */
const echo = (program: FakeProgram) => {
  program.onTyped = (bytes) => {
    program.print(bytes)
    if (bytes.includes("exit")) program.exit(5)
  }
}

describe("sesh --exec", () => {
  it.effect("ends as the command does, in a session as the caller would have it", () =>
    inWorld(playing((program) => program.exit(42)), (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--exec", "job", "-C", "sub", "--", "make", "-j2"), 42)
        const [spec] = (yield* DaemonLauncherTestRef).specs
        assert.deepInclude(spec, { name: job, dir: "/home/user/sub", command: ["make", "-j2"], awaited: true })
        assert.notProperty(spec, "keep")
        const said = yield* OutputTestRef
        assert.deepStrictEqual([...said.out, ...said.err], [])
      })))

  it.effect("prints what the command wrote, without the terminal's CR", () =>
    inWorld(
      playing((program) => {
        program.print("one\r\ntwo\rthree\r\r\n\r")
        program.exit({ code: 0, signal: 9 })
      }),
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--exec", "job", "--print", "--", "make"), 137)
          assert.strictEqual(yield* written, "one\ntwo\rthree\r\n\r")
        })
    ))

  it.effect("says how much came before what is printed", () =>
    inWorld(
      playing((program) => {
        for (let n = 0; n < 20; n++) program.print(Buffer.alloc(65_536, 97))
        program.exit(0)
      }),
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--exec", "job", "--print", "--", "make"), 0)
          const said = yield* OutputTestRef
          assert.deepStrictEqual(said.err, ["sesh: the first 262144 bytes of the output are not held any more"])
          assert.strictEqual((yield* written).length, 1024 * 1024)
        })
    ))

  it.effect("is sesh's own failure with 125, and a shell's 126 and 127", () =>
    Effect.gen(function*() {
      const codes = [["other", 125], ["not executable", 126], ["not found", 127]] as const
      for (const [kind, code] of codes) {
        const launcher = layerScripted(({ name }) => Effect.fail(new LaunchError({ name, reason: "no", kind })))
        yield* inWorld({ launcher }, (sesh) =>
          Effect.gen(function*() {
            assert.strictEqual(yield* sesh("--exec", "job", "--", "make"), code)
            assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: cannot start session job: no"])
          }))
      }
    }))

  it.effect("refuses a name that is taken", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("job", "-d")
        assert.strictEqual(yield* sesh("--exec", "job", "--", "make"), 125)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: a session named job is already there"])
      })))

  it.effect("passes signals on: the command ends by it, or after the grace", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        const { listeners, send } = yield* SignalsTestRef
        const running = yield* Effect.forkChild(sesh("--exec", "job", "--", "make"))
        yield* settle
        const program = (yield* PtyTestRef).last()
        program.deaf = true
        assert.isTrue(send("SIGTERM"))
        yield* eventually("the signal", () => program.signals.includes("SIGTERM"))
        yield* settle
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(yield* Fiber.join(running), 137)
        assert.strictEqual(listeners.size, 0)
      })))

  it.effect("asked twice, does not wait", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        const { send } = yield* SignalsTestRef
        const running = yield* Effect.forkChild(sesh("--exec", "job", "--", "make"))
        yield* settle
        const program = (yield* PtyTestRef).last()
        program.deaf = true
        send("SIGINT")
        yield* eventually("the signal", () => program.signals.includes("SIGINT"))
        send("SIGINT")
        yield* eventually("another", () => program.signals.length === 2)
        yield* settle
        yield* TestClock.adjust("1 millis")
        assert.strictEqual(yield* Fiber.join(running), 137)
      })))

  it.effect("a signal while its host is waited for ends it, and nothing starts there", () =>
    inWorld({ hosts: { web: { delay: "1 hour" } } }, (sesh) =>
      Effect.gen(function*() {
        const { listeners, send } = yield* SignalsTestRef
        for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
          const running = yield* Effect.forkChild(sesh("@web", "--exec", "job", "--", "make"))
          yield* eventually("it listens", () => listeners.size > 0)
          send(signal)
          assert.strictEqual(yield* Fiber.join(running), code)
        }
        yield* TestClock.adjust("2 hours")
        assert.deepStrictEqual((yield* WorldTestRef).at("web").specs, [])
        assert.deepStrictEqual((yield* OutputTestRef).err, [])
      })))

  it.effect("a signal while the session starts waits for the grace, asked twice not at all, and it says so", () =>
    Effect.gen(function*() {
      for (const signals of [1, 2]) {
        yield* inWorld({ launcher: layerScripted(() => Effect.never) }, (sesh) =>
          Effect.gen(function*() {
            const { listeners, send } = yield* SignalsTestRef
            const { specs } = yield* DaemonLauncherTestRef
            const running = yield* Effect.forkChild(sesh("--exec", "job", "--", "make"))
            yield* eventually("it starts", () => listeners.size > 0 && specs.length > 0)
            for (let sent = 0; sent < signals; sent++) send("SIGTERM")
            if (signals === 1) yield* settle
            yield* TestClock.adjust(signals === 1 ? "3 seconds" : "1 millis")
            assert.strictEqual(yield* Fiber.join(running), 143)
            assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: session job may still start"])
          }))
      }
    }))

  it.live("--keep: returns with the command, and a shell is there", () =>
    inWorld(
      playing((program) => program.spec.file === "make" ? program.exit(3) : echo(program)),
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--exec", "job", "--keep", "--", "make"), 3)
          assert.strictEqual(yield* sesh("--send", "job", "hello"), 0)
          const programs = yield* PtyTestRef
          yield* eventually("the typing", () => programs.last().typed.toString() === "hello")
          yield* settle
          assert.strictEqual(yield* sesh("--history", "job"), 0)
          assert.strictEqual(yield* written, "[make ended with status 3]\nhello\n")
          assert.strictEqual(yield* sesh("--send", "job", "--enter", "exit"), 0)
          assert.strictEqual(yield* sesh("--wait", "job"), 5)
          assert.strictEqual(yield* sesh("--wait", "job"), 5)
        })
    ))
})

describe("what scripts ask of sessions", () => {
  it.effect("standard input is typed as it is, and then Enter", () =>
    inWorld({ ...playing(echo), input: { bytes: ["one\n", Buffer.from([0, 255])] } }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("dev", "-d")
        assert.strictEqual(yield* sesh("--send", "dev", "--enter"), 0)
        const typed = Buffer.from([...Buffer.from("one\n"), 0, 255, 0x0d])
        const programs = yield* PtyTestRef
        yield* eventually("the typing", () => programs.last().typed.equals(typed))
      })))

  it.effect("fails for a session that does not exist", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        for (const verb of [["--wait"], ["--history"], ["--send"]]) {
          assert.strictEqual(yield* sesh(...verb, "dev"), 1)
        }
        assert.deepStrictEqual(
          (yield* OutputTestRef).err,
          Array.from({ length: 3 }, () => "sesh: no session named dev")
        )
      })))
})

describe("the terminal's CR", () => {
  it.each([["a\r\nb\r\n", "a\nb\n"], ["\r\r\n", "\r\n"], ["\r", "\r"], ["a\rb", "a\rb"], ["", ""]])(
    "%j: %j",
    (raw, kept) => assert.strictEqual(withoutReturns(Buffer.from(raw)).toString(), kept)
  )
})
