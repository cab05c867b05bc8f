import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { NetworkTestRef } from "../../../src/layers/testing/network/NetworkTestRef.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { SessionFilesTestRef } from "../../../src/layers/testing/SessionFilesFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import type { Connection } from "../../../src/services/Connection.ts"
import { HostError } from "../../../src/services/HostError.ts"
import { eventually, settle } from "../../support/fakeClient.ts"
import { dev } from "../../support/hosting.ts"
import { inWorld } from "../../support/inWorld.ts"
import { attached, CLEAN, PIPED, UNSAID } from "../../support/resuming.ts"

const LOST = "connection to web lost, "
const KEYS = "any key tries now, Ctrl-\\ gives up"

const second = TestClock.adjust("1 second")

describe("the first connection", () => {
  /** Attaches to a session that takes nobody before `accept`, for so many seconds. */
  const waiting = <A, E>(
    host: string | undefined,
    seconds: number,
    use: (
      state: { readonly running: Fiber.Fiber<number>; readonly accept: () => void }
    ) => Effect.Effect<A, E, Effect.Services<ReturnType<Parameters<typeof inWorld>[1]>>>
  ) =>
    inWorld({ ...PIPED, ...(host === undefined ? {} : { host }) }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh(dev, "-d")
        const { listeners } = yield* NetworkTestRef
        const accept = listeners.get(dev)!
        const arrived: Array<Connection> = []
        listeners.set(dev, (connection) => arrived.push(connection))
        const running = yield* Effect.forkChild(sesh(dev))
        yield* eventually("it is asked", () => arrived.length === 1)
        for (let passed = 0; passed < seconds; passed++) yield* Effect.andThen(second, settle)
        return yield* use({ running, accept: () => accept(arrived[0]!) })
      }))

  it.effect("waits as long as a slow host may need to say where the session is", () =>
    waiting("web", 18, ({ accept, running }) =>
      Effect.gen(function*() {
        assert.isUndefined(running.pollUnsafe())
        accept()
        const terminal = yield* TtyTestRef
        yield* eventually("a terminal", () => terminal.isOpen)
        ;(yield* PtyTestRef).last().exit(4)
        assert.strictEqual(yield* Fiber.join(running), 4)
      })))

  it.effect.each([["web", 22, "no welcome in 20 s"], [undefined, 6, "no welcome in 5 s"]] as const)(
    "is given up when a session takes nobody: on %s after %s s",
    ([host, seconds, reason]) =>
      waiting(host, seconds, ({ running }) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* Fiber.join(running), 1)
          assert.include((yield* OutputTestRef).err.join("\n"), reason)
        }))
  )
})

describe("the attempts", () => {
  it.effect("come after a second, and then every 2 for as long as somebody may be there: 10 minutes, or since a key", () =>
    attached({}, ({ attempts, again, link, network, notices, terminal }) =>
      Effect.gen(function*() {
        network.setDown("no route")
        link().cut()
        yield* settle
        assert.deepStrictEqual(notices(), [`${LOST}next try in 1 s: ${KEYS}`])
        for (const seconds of [1, 2, 2, 2, 2]) {
          assert.include(notices().at(-1), `${LOST}next try in ${seconds} s: ${KEYS}`)
          const before = notices().length
          for (let tick = 0; tick < seconds; tick++) yield* Effect.andThen(second, settle)
          const said = notices().slice(before)
          assert.include(said.at(-2), `${LOST}trying again: Ctrl-\\ gives up`)
          assert.lengthOf(said, seconds + 1)
        }
        for (let tick = 0; tick < 600; tick++) yield* Effect.andThen(second, settle)
        const far = notices().findIndex((text) => text.includes("next try in 30 s"))
        assert.isTrue(notices().slice(0, far).filter((text) => text.includes("trying again")).length >= 295)
        assert.strictEqual(notices()[far], `${LOST}next try in 30 s: ${KEYS} (web: no route)`.slice(0, 79).trimEnd())
        terminal.type("x")
        yield* settle
        assert.include(notices().at(-1), "next try in 2 s")
        network.setDown(undefined)
        yield* TestClock.adjust("2 seconds")
        yield* again(1)
        assert.strictEqual(attempts(), 1)
        // From the beginning.
        link().cut()
        yield* settle
        assert.strictEqual(notices().at(-1), `${LOST}next try in 1 s: ${KEYS}`)
      })))

  it.effect("come at once when a key is pressed, which is typed then", () =>
    attached({}, ({ again, link, network, notices, program, shown, terminal, typed }) =>
      Effect.gen(function*() {
        network.setDown("no route")
        link().cut()
        yield* settle
        for (let tick = 0; tick < 10; tick++) yield* Effect.andThen(second, settle)
        network.setDown(undefined)
        assert.include(notices().at(-1), "next try in 1 s")
        terminal.type("x")
        yield* again(1)
        yield* eventually("the typing", () => typed() === "x")
        program.print("y")
        yield* eventually("the output", () => shown().endsWith("y"))
      })))

  it.effect("come at most twice a second, however many keys are pressed", () =>
    attached({}, ({ link, network, notices, terminal }) =>
      Effect.gen(function*() {
        network.setDown("no route")
        link().cut()
        yield* settle
        for (let key = 0; key < 50; key++) {
          terminal.type("x")
          yield* settle
          yield* TestClock.adjust("20 millis")
        }
        assert.isAtMost(notices().filter((text) => text.includes("trying again")).length, 4)
      })))

  it.effect("come at once when the machine has slept", () =>
    attached(PIPED, ({ again, link, network }) =>
      Effect.gen(function*() {
        network.setDown("no route")
        link().cut()
        yield* settle
        for (let tick = 0; tick < 8; tick++) yield* Effect.andThen(second, settle)
        network.setDown(undefined)
        // A timer that was to fire in a second fires an hour later.
        yield* TestClock.setTime(3_600_000)
        yield* again(1)
      })))

  it.effect("wait as the first one for a slow host to say where the session is", () =>
    attached(PIPED, ({ link, network, program, shown }) =>
      Effect.gen(function*() {
        const accept = network.listeners.get(dev)!
        const arrived: Array<Connection> = []
        network.listeners.set(dev, (connection) => arrived.push(connection))
        link().cut()
        yield* settle
        for (let tick = 0; tick < 18; tick++) yield* Effect.andThen(second, settle)
        assert.lengthOf(arrived, 1)
        accept(arrived[0]!)
        yield* settle
        program.print("on")
        yield* eventually("the output", () => shown().endsWith("on"))
      })))

  it.effect("are given up when nobody answers, and one is made after the other", () =>
    attached(PIPED, ({ attempts, link, network }) =>
      Effect.gen(function*() {
        const accept = network.listeners.get(dev)!
        network.listeners.set(dev, ({ listen }) => listen({ onFrame: () => {}, onDrain: () => {}, onClose: () => {} }))
        link().cut()
        yield* settle
        for (let tick = 0; tick < 70; tick++) {
          yield* second
          yield* settle
          assert.isAtMost(network.links.filter(({ closed }) => !closed).length, 2)
        }
        assert.isAtLeast(attempts(), 3)
        network.listeners.set(dev, accept)
        for (let tick = 0; tick < 40; tick++) yield* Effect.andThen(second, settle)
        assert.isFalse(link().closed)
      })))
})

describe("who is waiting for a connection", () => {
  it.effect.each(
    [
      ["Ctrl-\\", "\x1c", {}],
      ["Ctrl-\\ in the kitty protocol", "\x1b[92;5u", {}],
      ["Ctrl-\\ in modifyOtherKeys", "\x1b[27;5;92~", {}],
      ["Ctrl-C", "\x03", {}],
      ["Ctrl-C in the kitty protocol", "\x1b[99;5u", {}],
      ["Ctrl-C in modifyOtherKeys", "\x1b[27;5;99~", {}],
      ["Ctrl-C where no key detaches", "\x03", { SESH_DETACH_KEY: "none" }],
      ["the key of his own", "\x01", { SESH_DETACH_KEY: "^a" }]
    ] as const
  )(
    "gives up with %s, and has a clean terminal",
    ([, key, env]) =>
      attached(
        { caller: { env: { SHELL: "/bin/sh", ...env } } },
        ({ ends, err, link, program, screen, terminal }) =>
          Effect.gen(function*() {
            program.print("\x1b[?2004h$ ")
            yield* eventually("output", () => screen().endsWith("$ "))
            terminal.type("\x03")
            yield* eventually("that Ctrl-C is typed", () => program.typed.length === 1)
            link().cut()
            yield* settle
            terminal.type(key)
            yield* ends(255)
            assert.isTrue(screen().endsWith(`${UNSAID}\x1b[?2004l${CLEAN}\r\n`))
            assert.deepStrictEqual(err, ["[lost dev on web: given up]"])
            assert.isTrue(program.isRunning)
          })
      )
  )

  it.effect.each([["SIGTERM", 143], ["SIGHUP", 129], ["SIGINT", 130]] as const)(
    "goes on %s",
    ([signal, code]) =>
      attached({}, ({ ends, link, terminal }) =>
        Effect.gen(function*() {
          link().cut()
          yield* settle
          terminal.signal(signal)
          yield* ends(code)
        }))
  )

  it.effect("has typed more than is kept: its keys still work, and what was kept has no hole", () =>
    attached({}, ({ again, link, network, notices, program, terminal, typed }) =>
      Effect.gen(function*() {
        network.setDown("no route")
        link().cut()
        yield* settle
        const piece = Buffer.alloc(1024 * 1024, "0123456789")
        for (let n = 0; n < 12; n++) terminal.type(piece)
        yield* settle
        yield* second
        yield* settle
        assert.isFalse(terminal.isPaused)
        assert.include(notices().at(-1), "nothing more is kept, Ctrl-\\ gives up")
        network.setDown(undefined)
        terminal.type("x")
        yield* second
        yield* again(1)
        yield* eventually("what was kept", () => program.typedBytes >= 8 * piece.length)
        terminal.type("end")
        yield* eventually("what is typed now", () => typed().endsWith("end"))
        assert.strictEqual(program.typed.length, 8 * piece.length + 3)
      })))

  it.effect("hears that the session has ended meanwhile, with its status", () =>
    attached({}, ({ ends, err, link, network, program }) =>
      Effect.gen(function*() {
        network.setDown("no route")
        link().cut()
        yield* settle
        program.exit(7)
        yield* settle
        yield* TestClock.adjust("10 seconds")
        network.setDown(undefined)
        yield* TestClock.adjust("30 seconds")
        yield* ends(7)
        assert.deepStrictEqual(err, ["[dev on web ended]"])
      })))

  it.effect("hears that it is not there any more, and no new one is made", () =>
    attached({}, ({ ends, err, link, network }) =>
      Effect.gen(function*() {
        network.listeners.delete(dev)
        ;(yield* SessionFilesTestRef).ends.set(dev, { name: dev, id: "another", at: 0, status: { code: 0 } })
        link().cut()
        yield* settle
        yield* second
        yield* ends(255)
        assert.deepStrictEqual(err, ["[lost dev on web: its process is gone, as after a restart of the host]"])
        assert.isFalse(network.listeners.has(dev))
      })))

  it.effect("is not attached to another session of that name", () =>
    attached({}, ({ ends, err, link, network, program, sesh, terminal }) =>
      Effect.gen(function*() {
        network.listeners.delete(dev)
        link().cut()
        yield* settle
        terminal.type("rm -rf x\r")
        yield* Effect.scoped(sesh(dev, "-d"))
        yield* settle
        yield* second
        yield* ends(255)
        assert.deepStrictEqual(err, ["[lost dev on web: it has ended, and another session has its name]"])
        assert.strictEqual(program.typed.length, 0)
      })))

  it.effect("hears that the host wants a login, where nobody can be asked", () =>
    attached({ tty: { inputIsTerminal: false } }, ({ ends, err, link, locked, terminal }) =>
      Effect.gen(function*() {
        locked()
        link().cut()
        yield* settle
        yield* second
        yield* ends(255)
        assert.deepStrictEqual(err, ["[lost dev on web: web wants a password]"])
        assert.strictEqual(terminal.lent, 0)
      })))

  it.effect.each(["refused", "no sesh", "version", "nonsense"] as const)(
    "hears what time does not heal: %s",
    (kind) =>
      attached({}, ({ ends, err, link, network }) =>
        Effect.gen(function*() {
          network.setDown(new HostError({ host: "web", problem: "web says no", kind }))
          link().cut()
          yield* settle
          yield* second
          yield* ends(255)
          assert.deepStrictEqual(err, ["[lost dev on web: web says no]"])
        }))
  )

  it.effect("may do something with the window: its size is the session's when there is a connection", () =>
    attached({}, ({ again, link, program, screen, terminal }) =>
      Effect.gen(function*() {
        link().cut()
        yield* settle
        terminal.resize({ cols: 60, rows: 15 })
        yield* settle
        yield* second
        yield* again(1)
        yield* eventually("the size", () => program.sizes.at(-1)?.cols === 60)
        assert.include(screen(), `\x1b7\x1b[15;1H\x1b[0;7m ${LOST}trying again`)
        assert.lengthOf(program.sizes, 2)
      })))
})
