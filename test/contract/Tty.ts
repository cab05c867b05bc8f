import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Size } from "../../src/schema/Session.ts"
import { Tty, type TtyHandlers } from "../../src/services/Tty.ts"
import { allBytes } from "../fixtures/bytes.ts"
import { turns } from "../support/turns.ts"
import { until } from "./SessionServer.ts"

/** The user at the terminal. */
export class Person extends Context.Service<Person, {
  readonly type: (keys: Buffer) => void
  /** Waits until the terminal, which is not open, has all of that. */
  readonly hasTyped: (text: string) => Effect.Effect<void>
  /** All that was shown. */
  readonly seen: () => Buffer
  readonly resize: (size: Size) => void
  readonly signal: (name: "SIGINT" | "SIGTERM" | "SIGHUP") => void
  /** Stops the terminal from showing anything, and lets it go on. */
  readonly stall: (stalled: boolean) => void
  /** Closes the window. */
  readonly hangUp: () => void
  /** Nobody but the program does anything with the bytes. */
  readonly isRaw: () => boolean
}>()("test/Person") {}

/** What was reported to the program. */
export interface Told {
  readonly typed: () => Buffer
  readonly sizes: Array<Size>
  readonly signals: Array<string>
  ends: number
  drained: number
}

/** Handlers that record their calls. */
export const remembering = (): readonly [Told, TtyHandlers] => {
  const typed: Array<Buffer> = []
  const told: Told = { typed: () => Buffer.concat(typed), sizes: [], signals: [], ends: 0, drained: 0 }
  return [told, {
    onInput: (bytes) => typed.push(bytes),
    onEnd: () => told.ends++,
    onDrain: () => told.drained++,
    onResize: (size) => told.sizes.push(size),
    onSignal: (signal) => told.signals.push(signal)
  }]
}

/** The terminal open, what the program was told, and the person. */
const opened = Effect.gen(function*() {
  const [told, handlers] = remembering()
  const tty = yield* Tty
  return { told, tty, open: yield* tty.open(handlers), person: yield* Person }
})

/** What {@link Tty} promises on a terminal, in any layer. */
export const suite = <E>(name: string, layer: Layer.Layer<Tty | Person, E>) =>
  describe(name, () => {
    const test = <A, E>(name: string, effect: Effect.Effect<A, E, Tty | Person | Scope.Scope>) =>
      it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(layer)), 30_000)

    test(
      "the terminal is raw while it is open, and as before afterwards, whatever happens",
      Effect.gen(function*() {
        const person = yield* Person
        assert.isFalse(person.isRaw())
        for (const end of [Effect.void, Effect.fail("oops"), Effect.die("oops"), Effect.interrupt]) {
          const raw = yield* Effect.scoped(Effect.gen(function*() {
            yield* opened
            const raw = person.isRaw()
            return yield* Effect.as(Effect.onExit(end, () => Effect.sync(() => assert.isTrue(raw))), raw)
          })).pipe(Effect.exit)
          assert.strictEqual(Exit.isSuccess(raw), end === Effect.void)
          assert.isFalse(person.isRaw())
        }
      })
    )

    test(
      "it can be lent: what was written is shown, it is as before it was opened, and nothing typed is read meanwhile",
      Effect.gen(function*() {
        const before = yield* Tty
        assert.isFalse(before.isTaken())
        const { open, person, told, tty } = yield* opened
        assert.isTrue(tty.isTaken())
        open.write(Buffer.from("a question"))
        const lent = yield* open.lend(Effect.gen(function*() {
          assert.deepStrictEqual([tty.isTaken(), person.isRaw()], [false, false])
          yield* until("it was shown", () => person.seen().toString() === "a question")
          person.type(Buffer.from("an answer\n"))
          open.resume()
          yield* turns
          assert.strictEqual(told.typed().length, 0)
          return "an outcome"
        }))
        assert.strictEqual(lent, "an outcome")
        assert.deepStrictEqual([tty.isTaken(), person.isRaw()], [true, true])
        yield* until("what nobody read comes", () => told.typed().toString() === "an answer\n")
        person.type(allBytes)
        yield* until("all was typed", () => told.typed().subarray(10).equals(allBytes))
      })
    )

    test(
      "it is taken back however the loan ends, and stays paused if it was",
      Effect.gen(function*() {
        const { open, person, told, tty } = yield* opened
        open.pause()
        for (const end of [Effect.fail("oops"), Effect.die("oops"), Effect.interrupt]) {
          const exit = yield* Effect.exit(
            open.lend(Effect.andThen(Effect.sync(() => assert.isFalse(person.isRaw())), end))
          )
          assert.isTrue(Exit.isFailure(exit))
          assert.deepStrictEqual([tty.isTaken(), person.isRaw()], [true, true])
        }
        person.type(Buffer.from("later"))
        yield* turns
        assert.strictEqual(told.typed().length, 0)
        open.resume()
        yield* until("it came", () => told.typed().toString() === "later")
      })
    )

    test(
      "both are terminals, and have a size",
      Effect.gen(function*() {
        const tty = yield* Tty
        assert.deepStrictEqual([tty.inputIsTerminal, tty.outputIsTerminal], [true, true])
        assert.deepStrictEqual(tty.size(), { cols: 80, rows: 24 })
      })
    )

    test(
      "bytes go both ways as they are",
      Effect.gen(function*() {
        const { open, person, told } = yield* opened
        person.type(allBytes)
        yield* until("all was typed", () => told.typed().length >= allBytes.length)
        assert.isTrue(told.typed().equals(allBytes))
        assert.isTrue(open.write(allBytes))
        yield* open.flush
        yield* until("all was shown", () => person.seen().length >= allBytes.length)
        assert.isTrue(person.seen().equals(allBytes))
      })
    )

    test(
      "what was typed before it is opened comes first, as it was typed",
      Effect.gen(function*() {
        const person = yield* Person
        const lines = "make test\r\rexit 3\rhalf a line"
        person.type(Buffer.from(lines))
        yield* person.hasTyped(lines)
        const { told } = yield* opened
        person.type(Buffer.from(" and its end\r"))
        yield* until("all of it came", () => told.typed().toString() === `${lines} and its end\r`)
      })
    )

    test(
      "no input arrives while paused, and all of it later",
      Effect.gen(function*() {
        const { open, person, told } = yield* opened
        open.pause()
        person.type(Buffer.from("later"))
        yield* turns
        assert.strictEqual(told.typed().length, 0)
        open.resume()
        yield* until("it came", () => told.typed().toString() === "later")
      })
    )

    test(
      "a stopped terminal stops nothing else: a write returns false, and a drain follows when it continues",
      Effect.gen(function*() {
        const { open, person, told } = yield* opened
        person.stall(true)
        let [ticks, written, goOn] = [0, 0, true]
        const clock = setInterval(() => ticks++, 10)
        while (goOn && written < 10_000_000) {
          goOn = open.write(Buffer.alloc(10_000, "line\n"))
          written += 10_000
        }
        assert.isFalse(goOn)
        yield* until("the clock ticks on", () => ticks > 10)
        person.type(Buffer.from("\x1c"))
        yield* until("keys arrive", () => told.typed().length === 1)
        assert.strictEqual(told.drained, 0)
        assert.isFalse(yield* open.flush, "it gives up, since the terminal is still stopped")
        person.stall(false)
        yield* until("it goes on", () => told.drained === 1)
        assert.isTrue(yield* open.flush)
        yield* until("all was shown", () => person.seen().length === written)
        assert.isTrue(person.seen().equals(Buffer.alloc(written, "line\n")))
        clearInterval(clock)
      })
    )

    test(
      "output that a stopped terminal has not taken does not prevent its restoration",
      Effect.gen(function*() {
        const person = yield* Person
        person.stall(true)
        yield* Effect.scoped(Effect.map(opened, ({ open }) => open.write(Buffer.alloc(1_000_000))))
        assert.isFalse(person.isRaw())
      })
    )

    test(
      "a new size is reported",
      Effect.gen(function*() {
        const { person, told, tty } = yield* opened
        person.resize({ cols: 132, rows: 50 })
        yield* until("it was told", () => told.sizes.length === 1)
        assert.deepStrictEqual(told.sizes, [{ cols: 132, rows: 50 }])
        assert.deepStrictEqual(tty.size(), { cols: 132, rows: 50 })
      })
    )

    test(
      "signals are reported",
      Effect.gen(function*() {
        const { person, told } = yield* opened
        for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) person.signal(name)
        yield* until("they were told", () => told.signals.length === 3)
        assert.deepStrictEqual(told.signals, ["SIGTERM", "SIGINT", "SIGHUP"])
      })
    )

    test(
      "when the window is closed, input ends, the program gets SIGHUP, and writing does no harm",
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const { open, person, told } = yield* Scope.provide(opened, scope)
        person.hangUp()
        yield* until("input ended", () => told.ends === 1)
        for (let i = 0; i < 3; i++) {
          open.write(Buffer.from("anybody there?"))
          yield* turns
        }
        yield* until("it was told", () => told.signals.includes("SIGHUP"))
        yield* open.flush
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(told.ends, 1)
      })
    )

    test(
      "after the scope no handler is called, and it can be opened again",
      Effect.gen(function*() {
        const person = yield* Person
        const [first, handlers] = remembering()
        const tty = yield* Tty
        yield* Effect.scoped(tty.open(handlers))
        person.resize({ cols: 10, rows: 10 })
        const { told } = yield* opened
        person.type(Buffer.from("again"))
        yield* until("it came", () => told.typed().toString() === "again")
        assert.deepStrictEqual([first.typed().length, first.sizes, first.ends], [0, [], 0])
      })
    )
  })
