/** What scripts ask of a session on another host, whose connections break. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { NetworkTestRef } from "../../../src/layers/testing/network/NetworkTestRef.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { type FakeProgram, PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { SessionFilesTestRef } from "../../../src/layers/testing/SessionFilesFake.ts"
import { SignalsTestRef } from "../../../src/layers/testing/SignalsFake.ts"
import { WorldTestRef } from "../../../src/layers/testing/World.ts"
import type { HostName } from "../../../src/schema/HostName.ts"
import type { EndSignal } from "../../../src/schema/protocol/Control.ts"
import { HostError } from "../../../src/services/HostError.ts"
import { eventually, settle } from "../../support/fakeClient.ts"
import { dev } from "../../support/hosting.ts"
import { inWorld, type WorldOptions } from "../../support/inWorld.ts"
import type { Sesh } from "../../support/resuming.ts"

const LOST = "[connection to web lost, trying again]"
const BACK = "[connection to web is back]"

/** Longer than the first wait for another attempt, with its jitter. */
const moment = Effect.andThen(TestClock.adjust("2 seconds"), settle)

/** Runs a command line at a session, and waits until it is connected to it. */
const running = Effect.fnUntraced(function*(sesh: Sesh, ...argv: ReadonlyArray<string>) {
  const network = yield* NetworkTestRef
  const { err } = yield* OutputTestRef
  const before = network.links.length
  const fiber = yield* Effect.forkChild(sesh(...argv))
  yield* eventually("a connection", () => network.links.length > before)
  yield* settle
  const link = () => network.links.at(-1)!
  return {
    network,
    err,
    link,
    ends: (status: number) =>
      Effect.map(Fiber.join(fiber), (code) => assert.deepStrictEqual([code, ...err], [status, ...err])),
    /** Breaks the connection there is; returns when there is another one. */
    breaks: Effect.gen(function*() {
      const count = network.links.length
      link().cut()
      yield* settle
      yield* moment
      yield* eventually("another connection", () => network.links.length > count)
      yield* settle
    })
  }
})

const typed = Effect.map(PtyTestRef, (programs) => programs.last().typed)

const withSession = <A, E>(
  use: (sesh: Sesh) => Effect.Effect<A, E, Effect.Services<ReturnType<Parameters<typeof inWorld>[1]>>>,
  options: WorldOptions = {}
) => inWorld({ host: "web", ...options }, (sesh) => Effect.andThen(sesh(dev, "-d"), use(sesh)))

describe("sesh --wait, when connections break,", () => {
  it.effect("waits on, and ends as the session does", () =>
    withSession((sesh) =>
      Effect.gen(function*() {
        const waiting = yield* running(sesh, "--wait", "dev")
        yield* waiting.breaks
        yield* waiting.breaks
        ;(yield* PtyTestRef).last().exit(6)
        yield* waiting.ends(6)
        assert.deepStrictEqual(waiting.err, [LOST, BACK, LOST, BACK])
      })
    ))

  it.effect("ends as the session did that ended meanwhile, once its host answers", () =>
    withSession((sesh) =>
      Effect.gen(function*() {
        const waiting = yield* running(sesh, "--wait", "dev")
        waiting.network.setDown(new HostError({ host: "web", problem: "web does not answer", kind: "unreachable" }))
        waiting.link().stall("client")
        ;(yield* PtyTestRef).last().exit(6)
        waiting.link().cut()
        for (let passed = 0; passed < 60; passed++) yield* moment
        assert.deepStrictEqual(waiting.err, [LOST])
        waiting.network.setDown(undefined)
        for (let passed = 0; passed < 20; passed++) yield* moment
        yield* waiting.ends(6)
        assert.deepStrictEqual(waiting.err, [LOST, BACK])
      })
    ))

  it.effect("takes no other session of the name for the one that it waited for", () =>
    withSession((sesh) =>
      Effect.gen(function*() {
        const waiting = yield* running(sesh, "--wait", "dev")
        waiting.network.setDown("web does not answer")
        waiting.link().lose()
        yield* settle
        waiting.network.setDown(undefined)
        ;(yield* PtyTestRef).last().exit(6)
        yield* settle
        yield* sesh(dev, "-d")
        yield* moment
        yield* waiting.ends(255)
        assert.deepStrictEqual(waiting.err.slice(0, 1), [LOST])
        assert.deepStrictEqual(waiting.err.slice(-1), [
          "sesh: web: lost session dev: it has ended, and another session has its name"
        ])
      })
    ))

  it.effect("says when a session is gone, and nothing is known of its end", () =>
    withSession((sesh) =>
      Effect.gen(function*() {
        const waiting = yield* running(sesh, "--wait", "dev")
        waiting.link().lose()
        ;(yield* PtyTestRef).last().exit(6)
        yield* settle
        ;(yield* SessionFilesTestRef).ends.clear()
        yield* moment
        yield* waiting.ends(255)
        assert.deepStrictEqual(waiting.err, [LOST, "sesh: web: lost session dev: its process is gone"])
      })
    ))

  it.effect("ends at a failure that no retry heals, and says that the session may go on", () =>
    withSession((sesh) =>
      Effect.gen(function*() {
        const waiting = yield* running(sesh, "--wait", "dev")
        waiting.network.setDown(new HostError({ host: "web", problem: "web does not let us in", kind: "refused" }))
        waiting.link().cut()
        yield* settle
        yield* moment
        yield* waiting.ends(255)
        assert.deepStrictEqual(waiting.err, [
          LOST,
          "sesh: web: lost session dev: web does not let us in; dev may still run there"
        ])
      })
    ))

  it.effect("asks for no password on the way back", () =>
    inWorld({ hosts: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("@web", "dev", "-d")
        const { asked } = yield* RemotesTestRef
        const { network, programs } = (yield* WorldTestRef).at("web")
        const waiting = yield* Effect.forkChild(sesh("@web", "--wait", "dev"))
        yield* settle
        assert.deepStrictEqual(asked.at(-1), { host: "web" as HostName, prompts: "interactive" })
        network.links.at(-1)!.cut()
        yield* settle
        yield* moment
        assert.deepStrictEqual(asked.at(-1), { host: "web" as HostName, prompts: "batch" })
        programs.last().exit(2)
        assert.strictEqual(yield* Fiber.join(waiting), 2)
      })))

  it.effect("does not try again where there was no connection yet", () =>
    withSession((sesh) =>
      Effect.gen(function*() {
        const network = yield* NetworkTestRef
        const { err } = yield* OutputTestRef
        network.setDown("web does not answer")
        assert.strictEqual(yield* sesh("--wait", "dev"), 1)
        assert.deepStrictEqual(err, ["sesh: web: web does not answer"])
      })
    ))
})

describe("sesh --send, when connections break,", () => {
  /** Bytes that are all different from what is 251 bytes away. */
  const bytes = Buffer.from(Array.from({ length: 600_000 }, (_, index) => index % 251))
  const pieces = (count: number) =>
    Array.from(
      { length: count },
      (_, index) =>
        bytes.subarray(Math.floor(index * bytes.length / count), Math.floor((index + 1) * bytes.length / count))
    )

  it.effect("types the rest, nothing twice and nothing left out, wherever it breaks", () =>
    Effect.gen(function*() {
      for (const after of [1000, 33_900, 100_000]) {
        yield* inWorld({ host: "web", input: { bytes: pieces(7) } }, (sesh) =>
          Effect.gen(function*() {
            yield* sesh(dev, "-d")
            const network = yield* NetworkTestRef
            const { open } = network
            let left = 4
            // Each of the first connections is cut in the middle of what is typed.
            Object.assign(network, {
              open: (name: typeof dev) => {
                const connection = open(name)
                if (left-- > 0) network.links.at(-1)!.cutAfter("server", after)
                return connection
              }
            })
            const sending = yield* Effect.forkChild(sesh("--send", "dev"))
            for (let passed = 0; passed < 30 && sending.pollUnsafe() === undefined; passed++) yield* moment
            assert.strictEqual(yield* Fiber.join(sending), 0)
            assert.isTrue(
              (yield* typed).equals(bytes),
              `${(yield* typed).length} of ${bytes.length}, cut after ${after}`
            )
            const { err } = yield* OutputTestRef
            assert.deepStrictEqual(err, [LOST, BACK, LOST, BACK, LOST, BACK, LOST, BACK])
          }))
      }
    }))

  it.effect("waits on for a program that does not read", () =>
    withSession((sesh) =>
      Effect.gen(function*() {
        const program = (yield* PtyTestRef).last()
        program.stall(true)
        const sending = yield* running(sesh, "--send", "dev")
        yield* sending.breaks
        program.stall(false)
        yield* sending.ends(0)
        assert.isTrue(program.typed.equals(bytes))
        assert.deepStrictEqual(sending.err, [LOST, BACK])
      }), { input: { bytes: pieces(7) } }))

  it.effect("says that a session has ended meanwhile", () =>
    withSession((sesh) =>
      Effect.gen(function*() {
        const program = (yield* PtyTestRef).last()
        program.stall(true)
        const sending = yield* running(sesh, "--send", "dev")
        sending.link().lose()
        program.exit(0)
        yield* settle
        yield* moment
        yield* sending.ends(1)
        assert.deepStrictEqual(sending.err, [LOST, BACK, "sesh: web: lost session dev: it has ended"])
      }), { input: { bytes: pieces(7) } }))
})

describe("sesh --exec, when connections break,", () => {
  const making = <A, E>(
    use: (
      made: Effect.Success<ReturnType<typeof running>> & {
        readonly program: FakeProgram
        readonly send: (signal: EndSignal) => boolean
      }
    ) => Effect.Effect<A, E, Effect.Services<ReturnType<Parameters<typeof inWorld>[1]>>>
  ) =>
    inWorld({ host: "web" }, (sesh) =>
      Effect.gen(function*() {
        const made = yield* running(sesh, "--exec", "job", "--print", "--", "make")
        return yield* use({ ...made, program: (yield* PtyTestRef).last(), send: (yield* SignalsTestRef).send })
      }))

  it.effect("prints all of the output, once", () =>
    making(({ breaks, ends, err, program }) =>
      Effect.gen(function*() {
        program.print("one\r\n")
        yield* breaks
        program.print("two\r\n")
        yield* breaks
        program.print("three\r\n")
        program.exit(3)
        yield* ends(3)
        assert.strictEqual(Buffer.concat((yield* OutputTestRef).bytes).toString(), "one\ntwo\nthree\n")
        assert.deepStrictEqual(err, [LOST, BACK, LOST, BACK])
      })
    ))

  it.effect("prints the output of a command whose end did not arrive, as the link was dead and then closed", () =>
    making(({ ends, err, link, program }) =>
      Effect.gen(function*() {
        link().stall("client")
        program.print("all of it\r\n")
        program.exit(5)
        yield* settle
        link().cut()
        yield* settle
        for (let passed = 0; passed < 4; passed++) yield* moment
        yield* ends(5)
        assert.strictEqual(Buffer.concat((yield* OutputTestRef).bytes).toString(), "all of it\n")
        assert.deepStrictEqual(err, [LOST, BACK])
      })
    ))

  it.effect("leaves no output behind that was printed", () =>
    making(({ ends, program }) =>
      Effect.gen(function*() {
        program.print("all of it\r\n")
        program.exit(5)
        yield* settle
        yield* moment
        yield* ends(5)
        const end = (yield* SessionFilesTestRef).ends.get("job")
        assert.deepStrictEqual([end?.status, end?.output], [{ code: 5 }, undefined])
      })
    ))

  it.effect("prints the output of a command that ended meanwhile, whether its host had heard of the break or not", () =>
    Effect.gen(function*() {
      for (const how of ["cut", "lose"] as const) {
        yield* making(({ ends, err, link, network, program }) =>
          Effect.gen(function*() {
            network.setDown("web does not answer")
            link()[how]()
            yield* settle
            program.print("all of it\r\n")
            program.exit(5)
            for (let passed = 0; passed < 4; passed++) yield* moment
            network.setDown(undefined)
            for (let passed = 0; passed < 8; passed++) yield* moment
            yield* ends(5)
            assert.strictEqual(Buffer.concat((yield* OutputTestRef).bytes).toString(), "all of it\n")
            assert.deepStrictEqual(err, [LOST, BACK])
          })
        )
      }
    }))

  it.effect("passes a signal on that came meanwhile, if the connection is back soon", () =>
    making(({ ends, err, link, network, program, send }) =>
      Effect.gen(function*() {
        network.setDown("web does not answer")
        link().cut()
        yield* settle
        send("SIGINT")
        yield* settle
        assert.deepStrictEqual(program.signals, [])
        network.setDown(undefined)
        yield* moment
        yield* moment
        assert.deepStrictEqual(program.signals, ["SIGINT"])
        yield* ends(130)
        assert.deepStrictEqual(err, [LOST, BACK])
      })
    ))

  it.effect("gives up at a signal after the grace, at another one at once, and says that the command may run", () =>
    Effect.gen(function*() {
      for (const signals of [1, 2]) {
        yield* making(({ ends, err, link, network, program, send }) =>
          Effect.gen(function*() {
            network.setDown(new HostError({ host: "web", problem: "web does not answer", kind: "unreachable" }))
            link().cut()
            yield* settle
            for (let sent = 0; sent < signals; sent++) send("SIGTERM")
            yield* settle
            yield* TestClock.adjust(signals === 1 ? "3 seconds" : "1 millis")
            yield* ends(143)
            assert.deepStrictEqual(program.signals, [])
            assert.deepStrictEqual(err, [LOST, "sesh: the command may still run on web"])
          })
        )
      }
    }))
})

describe("sesh --history, when connections break,", () => {
  it.effect("is asked for again, and printed once", () =>
    withSession((sesh) =>
      Effect.gen(function*() {
        const program = (yield* PtyTestRef).last()
        const lines = Array.from({ length: 5000 }, (_, line) => `${line} ${"x".repeat(70)}`)
        program.print(lines.join("\r\n"))
        yield* eventually("it is taken", () => program.unread === 0)
        const network = yield* NetworkTestRef
        const { open } = network
        let left = 2
        Object.assign(network, {
          open: (name: typeof dev) => {
            const connection = open(name)
            if (left-- > 0) network.links.at(-1)!.cutAfter("client", 20_000)
            return connection
          }
        })
        const asking = yield* Effect.forkChild(sesh("--history", "dev"))
        for (let passed = 0; passed < 10 && asking.pollUnsafe() === undefined; passed++) yield* moment
        assert.strictEqual(yield* Fiber.join(asking), 0)
        const { bytes, err } = yield* OutputTestRef
        assert.deepStrictEqual(err, [LOST, BACK, LOST, BACK])
        assert.isTrue(Buffer.concat(bytes).toString() === `${lines.join("\n")}\n`)
      })
    ))
})
