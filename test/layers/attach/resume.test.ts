import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as ScrollbackRing from "../../../src/layers/scrollback/ScrollbackRing.ts"
import { eventually, joined, settle } from "../../support/fakeClient.ts"
import { dev } from "../../support/hosting.ts"
import { attached, CLEAN, PIPED } from "../../support/resuming.ts"

const second = TestClock.adjust("1 second")

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\r\n`).join("")

describe("a connection to another host that breaks", () => {
  it.effect("is made again after a second: output and input resume where they stopped", () =>
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
