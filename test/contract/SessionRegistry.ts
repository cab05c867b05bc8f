import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { ExitStatus, SessionInfo } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { type AskError, SessionRegistry } from "../../src/services/SessionRegistry.ts"
import { settle } from "../support/fakeClient.ts"

/** How a test makes a session that a registry then finds. */
export class Sessions extends Context.Service<Sessions, {
  readonly start: (
    name: SessionName,
    given?: {
      readonly info?: Partial<SessionInfo>
      readonly status?: ExitStatus
      /** It does not answer. */
      readonly mute?: boolean
      /** When it is killed it is there until the grace is over. */
      readonly deaf?: boolean
    }
  ) => Effect.Effect<void, never, Scope.Scope>
}>()("test/Sessions") {}

const [a, b, none] = ["a", "b", "none"] as Array<SessionName> as [SessionName, SessionName, SessionName]

/** What every SessionRegistry promises. */
export const suite = (name: string, layer: Layer.Layer<SessionRegistry | Sessions>): void => {
  describe(name, () => {
    it.live("where there are no sessions, none are listed", () =>
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        assert.deepStrictEqual(yield* registry.list, [])
        assert.deepStrictEqual(yield* registry.names, [])
      }).pipe(Effect.scoped, Effect.provide(layer)))

    it.live("sessions are listed by name, with what they say of themselves", () =>
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        const { start } = yield* Sessions
        yield* start(b)
        yield* start(a, { info: { title: "vi" } })
        const listed = yield* registry.list
        assert.deepStrictEqual(listed.map(({ info, name, problem }) => [name, info?.title, problem]), [
          [a, "vi", undefined],
          [b, undefined, undefined]
        ])
        assert.deepStrictEqual(yield* registry.names, [a, b])
        assert.strictEqual((yield* registry.get(a)).info.title, "vi")
      }).pipe(Effect.scoped, Effect.provide(layer)))

    it.live("a session that is not there cannot be asked, killed or detached", () =>
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        for (const ask of [registry.get(none), registry.kill(none, 0), registry.detach(none)]) {
          const error = yield* Effect.flip(ask as Effect.Effect<unknown, { readonly _tag: string }>)
          assert.strictEqual(error._tag, "NoSession")
        }
      }).pipe(Effect.scoped, Effect.provide(layer)))

    it.live("killing says how the command ended; after it the session is gone", () =>
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        const { start } = yield* Sessions
        yield* start(a, { status: { code: 7 } })
        yield* start(b)
        assert.deepStrictEqual(yield* registry.kill(a, 1_000), { code: 7 })
        assert.deepStrictEqual(yield* registry.names, [b])
        assert.strictEqual((yield* Effect.flip(registry.get(a)))._tag, "NoSession")
      }).pipe(Effect.scoped, Effect.provide(layer)))

    it.live("what is still there after the grace is killed, and that is waited for", () =>
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        yield* (yield* Sessions).start(a, { deaf: true })
        const before = performance.now()
        assert.deepStrictEqual(yield* registry.kill(a, 100), { code: 0, signal: 9 })
        // Timers may be a millisecond early.
        assert.isAtLeast(performance.now() - before, 99)
        assert.deepStrictEqual(yield* registry.names, [])
      }).pipe(Effect.scoped, Effect.provide(layer)))

    it.live("detaching says how many were let go: those who attach and those who watch", () =>
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        const { start } = yield* Sessions
        yield* start(a, { info: { clients: [{ role: "attach" }, { role: "watch" }, { role: "send" }] } })
        assert.strictEqual(yield* registry.detach(a, "dinner"), 2)
      }).pipe(Effect.scoped, Effect.provide(layer)))

    it.live("who is alive stays, however often it is listed", () =>
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        yield* (yield* Sessions).start(a)
        for (const _ of [1, 2]) assert.deepStrictEqual((yield* registry.list).map(({ name }) => name), [a])
        assert.deepStrictEqual(yield* registry.names, [a])
      }).pipe(Effect.scoped, Effect.provide(layer)))
  })
}

/** How long every SessionRegistry waits for a session of this machine. */
export const patienceSuite = (name: string, layer: Layer.Layer<SessionRegistry | Sessions>): void => {
  /** How long it takes, by steps of the test's clock: a real connection needs some of them. */
  const timed = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.gen(function*() {
      const running = yield* Effect.forkChild(effect)
      let ms = 0
      yield* settle
      for (; running.pollUnsafe() === undefined; ms += 100) {
        yield* TestClock.adjust(100)
        yield* settle
      }
      return { ms, result: yield* Fiber.join(running) }
    })

  describe(`the patience of ${name}`, () => {
    it.effect("is a second for a listing", () =>
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        const { start } = yield* Sessions
        yield* start(a)
        yield* start(b, { mute: true })
        const { ms, result } = yield* timed(registry.list)
        assert.isAtLeast(ms, 1000)
        assert.deepStrictEqual(result.map(({ name, problem }) => [name, problem]), [[a, undefined], [
          b,
          "no answer in 1 s"
        ]])
      }).pipe(Effect.scoped, Effect.provide(layer)))

    it.effect("is five seconds for a session that is asked, killed or detached", () =>
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        yield* (yield* Sessions).start(a, { mute: true })
        const questions: ReadonlyArray<Effect.Effect<unknown, AskError>> = [
          registry.get(a),
          registry.kill(a, 0),
          registry.detach(a)
        ]
        for (const question of questions) {
          const { ms, result } = yield* timed(Effect.flip(question))
          assert.isAtLeast(ms, 5000)
          assert.deepInclude(result, { _tag: "SessionUnresponsive", reason: "no answer in 5 s" })
        }
      }).pipe(Effect.scoped, Effect.provide(layer)))
  })
}
