import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { ExitStatus } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { SessionControl } from "../../src/services/SessionControl.ts"
import { eventually, settle } from "../support/fakeClient.ts"

/** A session whose programs a test plays. */
export interface Played {
  readonly id: string
  /** What runs in it now writes this, and the session has it when this returns. */
  readonly print: (text: string | Buffer) => Effect.Effect<void>
  readonly exit: (status: ExitStatus) => void
  /** What the program that runs now has read, and the signals that it got. */
  readonly typed: () => Buffer
  readonly signals: () => ReadonlyArray<string>
  readonly stall: (stalled: boolean) => void
  /** It does not hear of signals. */
  readonly deafen: () => void
  /** The shell after its command is there. */
  readonly hasShell: () => boolean
  /** Its process goes, without a word. */
  readonly vanish: Effect.Effect<void>
}

/** How a test makes a session that can then be controlled. */
export class Stage extends Context.Service<Stage, {
  readonly start: (
    name: SessionName,
    options?: { readonly awaited?: boolean; readonly keep?: boolean }
  ) => Effect.Effect<Played, never, Scope.Scope>
}>()("test/Stage") {}

const [a, b] = ["a", "b"] as Array<SessionName> as [SessionName, SessionName]

const text = (parts: ReadonlyArray<Buffer> | undefined) => Buffer.concat(parts ?? []).toString()

/** What every {@link SessionControl} promises. */
export const suite = (name: string, layer: Layer.Layer<SessionControl | Stage>) => {
  type Control = SessionControl["Service"]
  const test = <E>(
    name: string,
    use: (control: Control, start: Stage["Service"]["start"]) => Effect.Effect<void, E, Scope.Scope>
  ) =>
    it.live(name, () =>
      Effect.gen(function*() {
        yield* use(yield* SessionControl, (yield* Stage).start)
      }).pipe(Effect.scoped, Effect.provide(layer)))

  describe(`SessionControl: ${name}`, () => {
    test("nothing can be done to a session that is not there", (control) =>
      Effect.gen(function*() {
        const attempts = [
          control.wait({ name: a }),
          control.signal({ name: a, signal: "SIGINT", graceMs: 0 }),
          control.history(a, { ansi: false }),
          control.send(a, Stream.make(Buffer.from("x")))
        ]
        for (const attempt of attempts) {
          const error = yield* Effect.flip(attempt as Effect.Effect<unknown, { readonly _tag: string }>)
          assert.strictEqual(error._tag, "NoSession")
        }
      }))

    test("every client that waits gets how the session ended", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a)
        const waiting = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(control.wait({ name: a })))
        yield* session.print("never asked for")
        session.exit({ code: 7 })
        for (const waiter of waiting) {
          assert.deepInclude(yield* Fiber.join(waiter), { status: { code: 7 }, before: 0 })
        }
      }))

    test(
      "who comes a little late hears it too, of that session and no other",
      (control, start) =>
        Effect.gen(function*() {
          const session = yield* start(a)
          yield* start(b)
          const first = yield* Effect.forkChild(control.wait({ name: a }))
          session.exit({ code: 0, signal: 15 })
          yield* Fiber.join(first)
          assert.deepStrictEqual((yield* control.wait({ name: a })).status, { code: 0, signal: 15 })
          assert.deepStrictEqual((yield* control.wait({ name: a, created: session.id })).status, {
            code: 0,
            signal: 15
          })
          const other = yield* Effect.flip(control.wait({ name: a, created: "another" }))
          assert.strictEqual(other._tag, "SessionLost")
        })
    )

    test(
      "who made a session gets the output of its command too, although that ended at once",
      (control, start) =>
        Effect.gen(function*() {
          const session = yield* start(a, { awaited: true })
          yield* session.print("one\r\ntwo\r\n")
          session.exit({ code: 3 })
          const waited = yield* control.wait({ name: a, created: session.id, capture: 5 })
          assert.deepStrictEqual({ ...waited, output: text(waited.output) }, {
            status: { code: 3 },
            output: "two\r\n",
            before: 5
          })
        })
    )

    test("a megabyte of output is not cut", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a, { awaited: true })
        const waiting = yield* Effect.forkChild(control.wait({ name: a, created: session.id, capture: 1 << 20 }))
        const lines = Array.from({ length: 1 << 17 }, (_, index) => `${String(index).padStart(6, "0")}\r\n`).join("")
        yield* session.print(lines)
        session.exit({ code: 0 })
        const { before, output } = yield* Fiber.join(waiting)
        assert.strictEqual(before, 0)
        assert.isTrue(text(output) === lines)
      }))

    test("after a name was used again its first session is lost", (control, start) =>
      Effect.gen(function*() {
        const first = yield* start(a)
        const waiting = yield* Effect.forkChild(control.wait({ name: a }))
        first.exit({ code: 1 })
        yield* Fiber.join(waiting)
        yield* start(a)
        const error = yield* Effect.flip(control.wait({ name: a, created: first.id }))
        assert.strictEqual(error._tag, "SessionLost")
        const unsent = yield* Effect.flip(
          control.signal({ name: a, created: first.id, signal: "SIGTERM", graceMs: 0 })
        )
        assert.strictEqual(unsent._tag, "NoSession")
      }))

    test(
      "of a kept session its maker waits for the command, and others for the session",
      (control, start) =>
        Effect.gen(function*() {
          const session = yield* start(a, { keep: true, awaited: true })
          const others = yield* Effect.forkChild(control.wait({ name: a }))
          const maker = yield* Effect.forkChild(control.wait({ name: a, created: session.id, capture: 100 }))
          yield* session.print("built\r\n")
          session.exit({ code: 2 })
          const waited = yield* Fiber.join(maker)
          assert.deepStrictEqual([waited.status, text(waited.output)], [{ code: 2 }, "built\r\n"])
          yield* eventually("a shell", session.hasShell)
          session.exit({ code: 9 })
          assert.deepStrictEqual((yield* Fiber.join(others)).status, { code: 9 })
          assert.deepStrictEqual((yield* control.wait({ name: a, created: session.id })).status, { code: 2 })
        })
    )

    test("a session that goes without a word is lost", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a)
        const waiting = yield* Effect.forkChild(Effect.flip(control.wait({ name: a })))
        const typing = yield* Effect.forkChild(Effect.flip(control.send(a, Stream.never)))
        yield* settle
        yield* session.vanish
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "SessionLost")
        assert.strictEqual((yield* Fiber.join(typing))._tag, "SessionLost")
      }))

    test("who stops waiting changes nothing", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a, { awaited: true })
        const waiting = yield* Effect.forkChild(control.wait({ name: a, created: session.id }))
        yield* settle
        yield* Fiber.interrupt(waiting)
        yield* session.print("on")
        assert.deepStrictEqual(session.signals(), [])
        assert.strictEqual(text(yield* control.history(a, { ansi: false })), "on\n")
      }))

    test("a signal reaches what runs", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a)
        const waiting = yield* Effect.forkChild(control.wait({ name: a }))
        yield* control.signal({ name: a, created: session.id, signal: "SIGINT", graceMs: 60_000 })
        assert.deepStrictEqual((yield* Fiber.join(waiting)).status, { code: 0, signal: 2 })
        assert.deepStrictEqual(session.signals(), ["SIGINT"])
      }))

    test("who does not hear a signal is killed after the grace", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a, { awaited: true })
        session.deafen()
        yield* control.signal({ name: a, signal: "SIGTERM", graceMs: 50 })
        const { status } = yield* control.wait({ name: a, created: session.id })
        assert.deepStrictEqual(status, { code: 0, signal: 9 })
        assert.deepStrictEqual(session.signals(), ["SIGTERM", "SIGKILL"])
      }))

    test("the shell of a kept session is spared", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a, { keep: true })
        session.exit({ code: 0 })
        yield* eventually("a shell", session.hasShell)
        yield* control.signal({ name: a, signal: "SIGTERM", graceMs: 0 })
        yield* control.send(a, Stream.make(Buffer.from("still there")))
        yield* eventually("the typing", () => session.typed().toString() === "still there")
      }))

    test("a history is what was shown, with colours if wanted", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a)
        assert.deepStrictEqual(text(yield* control.history(a, { ansi: false })), "")
        yield* session.print("one\r\n\x1b[31mtwo\x1b[0m\r\n$ ")
        assert.strictEqual(text(yield* control.history(a, { ansi: false })), "one\ntwo\n$\n")
        assert.strictEqual(
          text(yield* control.history(a, { ansi: true })).replace("\x1b[0;31m", "\x1b[31m").replace("$ \n", "$\n"),
          "one\n\x1b[31mtwo\x1b[0m\n$\n"
        )
      }))

    test("a long history is whole", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a)
        const lines = Array.from({ length: 4000 }, (_, index) => `line ${index} ${"x".repeat(60)}`)
        yield* session.print(`${lines.join("\r\n")}\r\n`)
        assert.isTrue(text(yield* control.history(a, { ansi: false })) === `${lines.join("\n")}\n`)
      }))

    test("bytes are typed as they are, in order", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a)
        const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
        const large = Buffer.alloc(3_000_000, all)
        yield* control.send(
          a,
          Stream.make(all, Buffer.alloc(0), large.subarray(0, 1_000_001), large.subarray(1_000_001))
        )
        yield* eventually("all of it", () => session.typed().length === all.length + large.length)
        assert.isTrue(session.typed().equals(Buffer.concat([all, large])))
      }))

    test(
      "a program that reads nothing is waited for, and the stream is not read on",
      (control, start) =>
        Effect.gen(function*() {
          const session = yield* start(a)
          session.stall(true)
          let pulled = 0
          const pieces = Stream.fromIterable(Array.from({ length: 4000 }, () => Buffer.alloc(1000, 120))).pipe(
            Stream.tap(() => Effect.sync(() => void pulled++))
          )
          const sending = yield* Effect.forkChild(control.send(a, pieces))
          yield* settle
          yield* settle
          assert.isBelow(pulled, 1000)
          assert.isUndefined(sending.pollUnsafe())
          session.stall(false)
          yield* Fiber.join(sending)
          yield* eventually("all of it", () => session.typed().length === 4_000_000)
        })
    )

    test(
      "a session may end with the last that it was typed, before the stream has ended",
      (control, start) =>
        Effect.gen(function*() {
          const session = yield* start(a)
          const hasEnded = yield* Deferred.make<void>()
          const bytes = Stream.concat(Stream.make(Buffer.from("bye")), Stream.fromEffectDrain(Deferred.await(hasEnded)))
          const sending = yield* Effect.forkChild(control.send(a, bytes))
          yield* eventually("the typing", () => session.typed().toString() === "bye")
          yield* settle
          session.exit({ code: 0 })
          yield* settle
          yield* Deferred.succeed(hasEnded, undefined)
          yield* Fiber.join(sending)
        })
    )

    test("typing into a session that ends is lost", (control, start) =>
      Effect.gen(function*() {
        const session = yield* start(a)
        const sending = yield* Effect.forkChild(Effect.flip(control.send(a, Stream.never)))
        yield* settle
        session.exit({ code: 0 })
        assert.strictEqual((yield* Fiber.join(sending))._tag, "SessionLost")
      }))

    test(
      "a stream that fails fails the sending; what came before was typed",
      (control, start) =>
        Effect.gen(function*() {
          const session = yield* start(a)
          const failing = Stream.concat(Stream.make(Buffer.from("some")), Stream.fail("broken" as const))
          assert.strictEqual(yield* Effect.flip(control.send(a, failing)), "broken")
          yield* eventually("some of it", () => session.typed().toString() === "some")
        })
    )
  })
}

/** How long every {@link SessionControl} remembers the sessions of this machine. */
export const memorySuite = (name: string, layer: Layer.Layer<SessionControl | Stage>) =>
  describe(`the memory of SessionControl: ${name}`, () => {
    it.effect("is an hour: a session that ended earlier is as if it had not been there", () =>
      Effect.gen(function*() {
        const control = yield* SessionControl
        const session = yield* (yield* Stage).start(a)
        const waiting = yield* Effect.forkChild(control.wait({ name: a }))
        yield* settle
        session.exit({ code: 7 })
        yield* Fiber.join(waiting)
        yield* TestClock.adjust("59 minutes")
        assert.deepStrictEqual((yield* control.wait({ name: a })).status, { code: 7 })
        yield* TestClock.adjust("2 minutes")
        assert.strictEqual((yield* Effect.flip(control.wait({ name: a })))._tag, "NoSession")
        assert.strictEqual((yield* Effect.flip(control.wait({ name: a, created: session.id })))._tag, "SessionLost")
      }).pipe(Effect.scoped, Effect.provide(layer)))

    it.effect("has nothing of a session that went without a word", () =>
      Effect.gen(function*() {
        const control = yield* SessionControl
        const session = yield* (yield* Stage).start(a)
        yield* session.vanish
        yield* settle
        assert.strictEqual((yield* Effect.flip(control.wait({ name: a })))._tag, "NoSession")
        assert.strictEqual((yield* Effect.flip(control.wait({ name: a, created: session.id })))._tag, "SessionLost")
      }).pipe(Effect.scoped, Effect.provide(layer)))
  })
