import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as ScrollbackRing from "../../src/layers/ScrollbackRing.ts"
import { WrittenFiles } from "../../src/layers/SessionFilesMemory.ts"
import { HostError } from "../../src/services/HostError.ts"
import { eventually, joined, settle } from "../support/fakeClient.ts"
import { dev } from "../support/hosting.ts"
import { attached, CLEAN, PIPED, UNSAID } from "../support/resuming.ts"

const LOST = "connection to web lost, "
const KEYS = "any key tries now, Ctrl-\\ gives up"

const second = TestClock.adjust("1 second")

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\r\n`).join("")

describe("a connection to another host that breaks", () => {
  it.effect("is made anew after a second: output and typing go on where they were", () =>
    attached(PIPED, ({ again, ends, err, link, program, screen, terminal, typed }) =>
      Effect.gen(function*() {
        program.print("one ")
        terminal.type("a")
        yield* eventually("both", () => screen() === "one " && typed() === "a")
        link().cut()
        yield* eventually("that it is said", () => err.length === 1)
        program.print("two ")
        yield* settle
        assert.strictEqual(screen(), "one ")
        terminal.type("b")
        yield* again(1)
        program.print("three")
        terminal.type("c")
        yield* eventually("the rest", () => screen() === "one two three" && typed() === "abc")
        assert.deepStrictEqual(err, ["[connection to web lost, trying again]", "[connection to web is back]"])
        terminal.type("\x1c")
        yield* ends(0)
      })))

  it.effect("loses nothing and doubles nothing wherever frames are cut, both ways, in the welcome too", () =>
    attached(PIPED, ({ again, attempts, link, network, program, screen, terminal, typed }) =>
      Effect.gen(function*() {
        let out = ""
        let typing = ""
        for (let round = 0; round < 40; round++) {
          const side = round % 2 === 0 ? "client" : "server"
          link().cutAfter(side, round * 37)
          const before = attempts()
          for (let n = 0; n < 12 && attempts() === before; n++) {
            const more = `out ${round} ${n}\r\n`
            out += more
            typing += more
            program.print(more)
            terminal.type(more)
            yield* settle
            yield* TestClock.adjust("300 millis")
          }
        }
        yield* again(10)
        const open = () => network.links.filter(({ closed }) => !closed).length
        while (open() === 0) yield* Effect.andThen(second, settle)
        yield* eventually("all of the output", () => screen() === out)
        yield* eventually("all of the typing", () => typed() === typing)
        assert.strictEqual(open(), 1)
      })))

  it.effect("is replaced by the new one where the session has not heard of its end, and what still comes on it counts no more", () =>
    attached(PIPED, ({ again, link, network, program, screen, terminal, typed }) =>
      Effect.gen(function*() {
        terminal.type("a")
        yield* eventually("typing", () => typed() === "a")
        const old = link()
        old.stall("server")
        terminal.type("b")
        program.print("one ")
        yield* eventually("output", () => screen() === "one ")
        old.lose()
        yield* settle
        terminal.type("c")
        assert.lengthOf((yield* joined(dev, "query")).welcome!.info.clients, 1)
        yield* second
        yield* again(2)
        yield* eventually("all of the typing", () => typed() === "abc")
        assert.lengthOf((yield* joined(dev, "query")).welcome!.info.clients, 1)
        old.flow("server")
        program.print("two")
        yield* eventually("the output", () => screen() === "one two")
        yield* settle
        assert.strictEqual(typed(), "abc")
        assert.deepStrictEqual(program.sizes, [{ cols: 80, rows: 24 }])
        assert.isTrue(network.links[0]!.closed || old.closed)
      })))

  it.effect("types what the program had not read, once, when it reads again", () =>
    attached(PIPED, ({ again, link, program, terminal }) =>
      Effect.gen(function*() {
        program.stall(true)
        const paste = Buffer.from(Array.from({ length: 60_000 }, (_, index) => `${index} `).join(""))
        terminal.type(paste)
        yield* settle
        for (let round = 1; round <= 4; round++) {
          link().cut()
          yield* settle
          yield* second
          yield* again(round)
        }
        program.stall(false)
        yield* eventually("the paste", () => program.typedBytes >= paste.length)
        yield* settle
        assert.isTrue(program.typed.equals(paste))
      })))

  it.effect("while the terminal is stopped: it is shown what was left out once it goes on, and not more", () =>
    attached(PIPED, ({ again, link, program, screen, terminal }) =>
      Effect.gen(function*() {
        const all = lines(0, 60_000)
        terminal.stall(true)
        for (let at = 0; at < all.length; at += 10_000) program.print(all.slice(at, at + 10_000))
        yield* eventually("the pause", () => program.isPaused)
        for (let round = 1; round <= 2; round++) {
          link().cut()
          yield* settle
          yield* second
          yield* again(round)
        }
        terminal.stall(false)
        yield* eventually("all of it", () => screen().length >= all.length)
        yield* settle
        assert.isTrue(screen() === all)
      })))

  it.effect("restores the screen when more has come meanwhile than is kept", () =>
    attached(
      { ...PIPED, scrollback: ScrollbackRing.layer(64 * 1024) },
      ({ again, link, program, screen }) =>
        Effect.gen(function*() {
          program.print("before\r\n")
          yield* eventually("output", () => screen() === "before\r\n")
          link().cut()
          yield* settle
          program.print(lines(0, 20_000))
          yield* settle
          yield* second
          yield* again(1)
          yield* eventually("the last of it", () => screen().endsWith("line 19999\r\n"))
          assert.isBelow(screen().length, 80 * 1024)
          assert.isTrue(screen().startsWith(`before\r\n${CLEAN}\r\n`))
          program.print("and on")
          yield* eventually("live output", () => screen().endsWith("\nand on"))
        })
    ))

  it.effect("of a watcher goes on as well", () =>
    attached(
      { ...PIPED, argv: ["--watch", "dev"] },
      ({ again, ends, link, program, screen, terminal, typed }) =>
        Effect.gen(function*() {
          program.print("one ")
          yield* eventually("output", () => screen() === "one ")
          link().cut()
          yield* settle
          program.print("two")
          terminal.type("x")
          yield* again(1)
          yield* eventually("output", () => screen() === "one two")
          assert.strictEqual(typed(), "")
          link().cut()
          yield* settle
          terminal.type("\x03")
          yield* ends(255)
        })
    ))

  it.effect("types a pipe to its end, over as many connections as it takes", () =>
    attached(
      { tty: { inputIsTerminal: false, outputIsTerminal: false } },
      ({ again, ends, link, program, terminal }) =>
        Effect.gen(function*() {
          program.stall(true)
          const pieces = Array.from({ length: 100 }, (_, index) => Buffer.alloc(10_000, `${index} `))
          for (const piece of pieces) terminal.type(piece)
          terminal.endInput()
          yield* eventually("a pause", () => terminal.isPaused)
          link().cut()
          yield* settle
          assert.isTrue(terminal.isPaused)
          program.stall(false)
          yield* second
          yield* again(1)
          yield* ends(0)
          yield* eventually("the end", () => program.typedBytes >= 1_000_000)
          assert.isTrue(program.typed.equals(Buffer.concat(pieces)))
        })
    ))

  it.effect("on this host is the end, as ever", () =>
    attached({ ...PIPED, host: undefined }, ({ ends, err, link }) =>
      Effect.gen(function*() {
        link().cut()
        yield* ends(255)
        assert.deepStrictEqual(err, ["[lost dev: its process is gone]"])
      })))
})

describe("the attempts", () => {
  it.effect("come after 1, 2, 4 seconds and so on, never more than 30; their time and what is wrong is on the last row", () =>
    attached({}, ({ attempts, again, link, network, notices }) =>
      Effect.gen(function*() {
        network.setDown("no route")
        link().cut()
        yield* settle
        assert.deepStrictEqual(notices(), [`${LOST}next try in 1 s: ${KEYS}`])
        for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
          assert.include(notices().at(-1), `${LOST}next try in ${seconds} s: ${KEYS}`)
          const before = notices().length
          for (let tick = 0; tick < seconds; tick++) yield* Effect.andThen(second, settle)
          const said = notices().slice(before)
          assert.include(said.at(-2), `${LOST}trying again: Ctrl-\\ gives up`)
          assert.lengthOf(said, seconds + 1)
        }
        assert.strictEqual(notices().at(-1), `${LOST}next try in 30 s: ${KEYS} (web: no route)`.slice(0, 79).trimEnd())
        network.setDown(undefined)
        yield* TestClock.adjust("30 seconds")
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
        for (let tick = 0; tick < 9; tick++) yield* Effect.andThen(second, settle)
        network.setDown(undefined)
        assert.include(notices().at(-1), "next try in 6 s")
        terminal.type("x")
        yield* again(1)
        yield* eventually("the typing", () => typed() === "x")
        program.print("y")
        yield* eventually("the output", () => shown().endsWith("y"))
      })))

  it.effect("come twice a second at the most, however many keys are pressed", () =>
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

  it.effect("are given up when nobody answers, and one is made after the other", () =>
    attached(PIPED, ({ attempts, link, network }) =>
      Effect.gen(function*() {
        const accept = network.listeners.get(dev)!
        network.listeners.set(dev, ({ listen }) => listen({ onFrame: () => {}, onDrain: () => {}, onClose: () => {} }))
        link().cut()
        yield* settle
        for (let tick = 0; tick < 40; tick++) {
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
        ;(yield* WrittenFiles).ends.set(dev, { name: dev, id: "another", at: 0, status: { code: 0 } })
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
