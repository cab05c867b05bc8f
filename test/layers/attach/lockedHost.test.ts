import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { eventually, settle } from "../../support/fakeClient.ts"
import { attached, CLEAN, PIPED } from "../../support/resuming.ts"

const second = TestClock.adjust("1 second")
describe("a host that wants a login", () => {
  const WANTED = "web wants a login: Enter logs in, Ctrl-\\ gives up (web wants a password)"

  /** The connection has been lost to it, and that is said. */
  const lockedOut = (
    options: Parameters<typeof attached>[0],
    use: (sat: Parameters<Parameters<typeof attached>[1]>[0]) => Effect.Effect<void, unknown, never>
  ) =>
    attached(options, (sat) =>
      Effect.gen(function*() {
        sat.program.print("\x1b[?2004h$ ")
        yield* eventually("output", () => sat.screen().endsWith("$ "))
        sat.locked()
        sat.link().cut()
        yield* settle
        sat.terminal.type("early ")
        yield* settle
        yield* second
        yield* settle
        return yield* use(sat) as Effect.Effect<void>
      }))

  it.effect("waits for Enter, is asked about at the terminal, and goes on: what was typed meanwhile is nowhere", () =>
    lockedOut({}, ({ again, locked, network, notices, program, screen, terminal, typed }) =>
      Effect.gen(function*() {
        assert.strictEqual(notices().at(-1), WANTED.slice(0, 79).trimEnd())
        const attempts = network.links.length
        terminal.type("secret")
        for (let tick = 0; tick < 60; tick++) yield* Effect.andThen(second, settle)
        assert.deepStrictEqual([network.links.length, terminal.lent], [attempts, 0])
        assert.strictEqual(notices().at(-1), WANTED.slice(0, 79).trimEnd())
        let asked = ""
        terminal.onLend = () => {
          assert.isFalse(terminal.isRaw)
          terminal.type("secret\r")
          asked = terminal.read()
          locked(false)
          // A second time, into nowhere.
          terminal.type("secret\r")
        }
        terminal.type("secret\rsecret\r")
        yield* again(1)
        assert.deepStrictEqual([asked, terminal.lent, terminal.isRaw], ["secret\r", 1, true])
        assert.include(
          screen(),
          `\x1b[?2004l${CLEAN}\x1b[?1049h\x1b[H\x1b[2J[web wants a login, Ctrl-C gives up]\r\n\x1b[?1049l\x1b[?2004h`
        )
        program.print("shown")
        terminal.type("late")
        yield* eventually("what was typed before and after it", () => typed() === "early late")
        yield* eventually("the output", () => screen().includes("shown"))
      })))

  it.effect("says why it does not let in, and is asked about again", () =>
    lockedOut({}, ({ again, locked, notices, terminal, typed }) =>
      Effect.gen(function*() {
        for (let time = 1; time <= 3; time++) {
          terminal.onLend = () => locked(`no, for time ${time}`)
          terminal.type("wrong\r")
          yield* eventually("the loan", () => terminal.lent === time)
          yield* eventually("the reason", () => notices().at(-1)?.includes(`(no, for time ${time}`) === true)
          assert.isTrue(terminal.isRaw)
        }
        terminal.onLend = () => locked(false)
        terminal.type("\r")
        yield* again(1)
        terminal.type("x")
        yield* eventually("typing", () => typed() === "early x")
      })))

  it.effect("is tried on when it is out of reach after all: what may be the rest of a password is still nowhere", () =>
    lockedOut({}, ({ again, locked, network, notices, terminal, typed }) =>
      Effect.gen(function*() {
        terminal.onLend = () => network.setDown("no route")
        terminal.type("\r")
        yield* eventually("the notice", () => terminal.lent === 1 && notices().at(-1)!.includes("next try in"))
        terminal.type("secret\r")
        yield* settle
        locked(false)
        terminal.type("secret")
        yield* second
        yield* again(1)
        terminal.type("x")
        yield* eventually("typing", () => typed() === "early x")
      })))

  it.effect.each([["Ctrl-\\", "\x1c"], ["Ctrl-C", "\x03"]])(
    "is given up with %s at the notice",
    ([, key]) =>
      lockedOut({}, ({ ends, err, terminal }) =>
        Effect.gen(function*() {
          terminal.type(`secret${key}`)
          yield* ends(255)
          assert.deepStrictEqual(err, ["[lost dev on web: given up]"])
          assert.strictEqual(terminal.lent, 0)
        }))
  )

  it.effect.each([["SIGINT", 255], ["SIGTERM", 143], ["SIGHUP", 129]] as const)(
    "is left on %s while it asks, with a clean terminal",
    ([signal, code]) =>
      lockedOut({}, ({ ends, err, network, screen, terminal }) =>
        Effect.gen(function*() {
          network.setSlow(true)
          terminal.type("\r")
          yield* eventually("the loan", () => terminal.lent === 1)
          yield* settle
          terminal.signal(signal)
          yield* ends(code)
          assert.include(err.join(), code === 255 ? "[lost dev on web: given up]" : "[detached from dev on web]")
          assert.include(screen().split("gives up]\r\n").at(-1), "\x1b[?1049l")
          assert.isTrue(screen().endsWith(`\x1b[?2004l${CLEAN}\r\n`))
        }))
  )

  it.effect("is told of to programs, and to people without a terminal to show it on", () =>
    lockedOut({ ...PIPED, isLogged: true }, ({ again, err, locked, terminal }) =>
      Effect.gen(function*() {
        assert.strictEqual(err.at(-1), `[${WANTED}]`)
        terminal.onLend = () => locked(false)
        terminal.type("\r")
        yield* again(1)
        yield* settle
        assert.strictEqual(err.at(-1), "[connection to web is back]")
      })))
})
