import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { eventually, settle } from "../../support/fakeClient.ts"
import { attached } from "../../support/resuming.ts"

/** The last question, and its answer. */
const FENCE = "\x1b[5n"
const PASSED = "\x1b[0n"

const DA1 = "\x1b[c"
const DA1_REPLY = "\x1b[?62;4;22c"

/** The user's shell gets what is typed once the terminal is no longer open. */
describe("leaving a session", () => {
  it.effect("asks nothing and waits for nothing where nothing can be on its way", () =>
    attached({}, ({ ends, program, screen, terminal }) =>
      Effect.gen(function*() {
        terminal.answers = false
        program.print("$ ")
        yield* eventually("the prompt", () => screen().includes("$ "))
        terminal.type("\x1c")
        yield* ends(0)
        assert.notInclude(screen(), FENCE)
      })))

  it.effect.each([
    ["a query", DA1],
    ["a query that not every terminal answers", "\x1b]11;?\x07"],
    ["the mouse", "\x1b[?1003h\x1b[?1006h"],
    ["focus", "\x1b[?1004h"],
    ["the theme", "\x1b[?2031h"],
    ["keys as sequences", "\x1b[>3u"],
    ["a mouse that was switched off just now", "\x1b[?1000h\x1b[?1000l"]
  ])(
    "takes in what comes until the terminal has answered a last question, after %s",
    ([, output]) =>
      attached({}, ({ ends, program, screen, terminal, typed }) =>
        Effect.gen(function*() {
          terminal.answers = false
          program.print(`${output}.`)
          yield* eventually("the output", () => screen().endsWith("."))
          terminal.type("x\x1c")
          yield* eventually("the question", () => screen().endsWith(FENCE))
          for (const late of ["\x1b[<35;1;1M", DA1_REPLY, "\x1b]11;rgb:1111/1111/1111\x1b", "\\", "\x1b[I"]) {
            terminal.type(late)
            yield* settle
            assert.isTrue(terminal.isOpen)
          }
          terminal.type(PASSED)
          yield* ends(0)
          // The daemon has replied in its place.
          assert.strictEqual(typed().replace("\x1b[?62;22c", ""), "x")
        }))
  )

  it.effect("does not take the answer to the program's question for that to its own", () =>
    attached({}, ({ ends, program, screen, terminal }) =>
      Effect.gen(function*() {
        terminal.answers = false
        program.print(`${FENCE}${FENCE}.`)
        yield* eventually("the output", () => screen().endsWith("."))
        terminal.type("\x1c")
        yield* eventually("the question", () => screen().endsWith(FENCE))
        terminal.type(PASSED + PASSED)
        yield* settle
        assert.isTrue(terminal.isOpen)
        terminal.type(PASSED)
        yield* ends(0)
      })))

  it.effect("waits for a terminal as long as that takes to answer: its earlier answers tell", () =>
    attached({}, ({ ends, program, screen, terminal }) =>
      Effect.gen(function*() {
        terminal.answers = false
        program.print(`${DA1}.`)
        yield* eventually("the output", () => screen().endsWith("."))
        yield* TestClock.adjust("400 millis")
        terminal.type(DA1_REPLY)
        yield* settle
        terminal.type("\x1c")
        yield* eventually("the question", () => screen().endsWith(FENCE))
        yield* settle
        yield* TestClock.adjust("1200 millis")
        yield* settle
        assert.isTrue(terminal.isOpen)
        yield* TestClock.adjust("200 millis")
        yield* ends(0)
      })))

  it.effect("waits for a first answer that comes meanwhile, and then as long as that took", () =>
    attached({}, ({ ends, program, screen, terminal }) =>
      Effect.gen(function*() {
        terminal.answers = false
        program.print(`${DA1}\x1b[6n.`)
        yield* eventually("the output", () => screen().endsWith("."))
        yield* TestClock.adjust("200 millis")
        terminal.type("\x1c")
        yield* eventually("the question", () => screen().endsWith(FENCE))
        yield* settle
        yield* TestClock.adjust("800 millis")
        terminal.type(DA1_REPLY)
        yield* settle
        yield* TestClock.adjust("1000 millis")
        yield* settle
        assert.isTrue(terminal.isOpen)
        terminal.type(`\x1b[1;1R${PASSED}`)
        yield* ends(0)
      })))

  it.effect("asks a terminal whose mouse is on, however long nothing was shown", () =>
    attached({}, ({ ends, program, screen, terminal }) =>
      Effect.gen(function*() {
        terminal.answers = false
        program.print("\x1b[?1003h.")
        yield* eventually("the output", () => screen().endsWith("."))
        yield* TestClock.adjust("1 minute")
        terminal.type("\x1c")
        yield* eventually("the question", () => screen().endsWith(FENCE))
        terminal.type(`\x1b[<35;1;1M${PASSED}`)
        yield* ends(0)
      })))

  it.effect("waits a moment for one that has never answered", () =>
    attached({}, ({ ends, program, screen, terminal }) =>
      Effect.gen(function*() {
        terminal.answers = false
        program.print(`${DA1}.`)
        yield* eventually("the output", () => screen().endsWith("."))
        yield* TestClock.adjust("1600 millis")
        terminal.type("\x1c")
        yield* eventually("the question", () => screen().endsWith(FENCE))
        yield* settle
        yield* TestClock.adjust("60 millis")
        yield* ends(0)
      })))

  it.effect("asks nothing of a window that was closed", () =>
    attached({}, ({ program, running, screen, terminal }) =>
      Effect.gen(function*() {
        program.print("\x1b[?1003h.")
        yield* eventually("the output", () => screen().endsWith("."))
        terminal.hangUp()
        yield* eventually("the end", () => running.pollUnsafe() !== undefined)
        assert.notInclude(screen(), FENCE)
      })))

  it.effect("in the middle of a paste takes in the rest of it", () =>
    attached({}, ({ ends, program, running, screen, terminal, typed }) =>
      Effect.gen(function*() {
        program.print("\x1b[?2004h\x1b[?1004h.")
        yield* eventually("the output", () => screen().endsWith("."))
        terminal.type("\x1b[200~one\x1c")
        yield* eventually("the paste", () => typed().endsWith("one\x1c"))
        program.exit({ code: 0 })
        yield* eventually("the question", () => screen().endsWith(FENCE))
        terminal.type("two\x1c\r")
        yield* settle
        assert.isTrue(terminal.isOpen && running.pollUnsafe() === undefined)
        terminal.type("three\x1b[201~")
        yield* ends(0)
      })))
})

describe("keys of ours while a connection is made again", () => {
  it.effect("are not in a paste, and not in reports", () =>
    attached({}, ({ attempts, ends, link, network, program, screen, terminal }) =>
      Effect.gen(function*() {
        program.print("\x1b[?2004h.")
        yield* eventually("the output", () => screen().endsWith("."))
        network.setDown("no route")
        link().cut()
        yield* settle
        terminal.type("\x1b[200~\x03\x1c")
        terminal.type("\x03\x1b[201~")
        terminal.type("\x1b[I\x1b[?997;1n")
        yield* settle
        assert.strictEqual(attempts(), 0)
        assert.isTrue(terminal.isOpen)
        terminal.type("\x03")
        yield* ends(255)
      })))
})
