import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { makeSingleFlight } from "../../../../src/layers/ssh/shared/singleFlight.ts"

/** Work that waits for the test, which sees how often it was started and interrupted. */
const play = Effect.gen(function*() {
  const runs: Array<Deferred.Deferred<string, string>> = []
  let interrupted = 0
  const work = Effect.suspend(() => {
    const end = Deferred.makeUnsafe<string, string>()
    runs.push(end)
    return Effect.onInterrupt(Deferred.await(end), () => Effect.sync(() => void interrupted++))
  })
  const share = yield* makeSingleFlight<string, string>()
  return { runs, interrupted: () => interrupted, work, share, ask: (key = "web") => share(key, work) }
})

/** An asker that has got as far as waiting. */
const start = <A, E>(ask: Effect.Effect<A, E>) => Effect.forkChild(ask, { startImmediately: true })

describe("work that several ask for at once", () => {
  it.effect("runs once, and all get what it gives", () =>
    Effect.gen(function*() {
      const { ask, runs } = yield* play
      const askers = yield* Effect.forEach([1, 2, 3], () => start(ask()))
      assert.lengthOf(runs, 1)
      yield* Deferred.succeed(runs[0]!, "there")
      assert.deepStrictEqual(yield* Fiber.joinAll(askers), ["there", "there", "there"])
    }))

  it.effect("runs once for each key", () =>
    Effect.gen(function*() {
      const { ask, runs } = yield* play
      const [web, mail] = [yield* start(ask("web")), yield* start(ask("mail"))]
      yield* Deferred.succeed(runs[1]!, "mail")
      yield* Deferred.succeed(runs[0]!, "web")
      assert.deepStrictEqual([yield* Fiber.join(web), yield* Fiber.join(mail)], ["web", "mail"])
    }))

  it.effect("fails for all, and runs again for whoever asks then", () =>
    Effect.gen(function*() {
      const { ask, runs } = yield* play
      const askers = yield* Effect.forEach([1, 2], () => start(Effect.exit(ask())))
      yield* Deferred.fail(runs[0]!, "refused")
      assert.deepStrictEqual(yield* Fiber.joinAll(askers), [Exit.fail("refused"), Exit.fail("refused")])
      const again = yield* start(ask())
      assert.lengthOf(runs, 2)
      yield* Deferred.succeed(runs[1]!, "there")
      assert.strictEqual(yield* Fiber.join(again), "there")
    }))

  it.effect("runs once more for those who ask again at once, while others still take the first failure", () =>
    Effect.gen(function*() {
      const { ask, runs } = yield* play
      const askers = yield* Effect.forEach([1, 2, 3], () => start(Effect.exit(Effect.retry(ask(), { times: 1 }))))
      yield* Deferred.fail(runs[0]!, "first")
      yield* Effect.yieldNow
      assert.lengthOf(runs, 2)
      yield* Deferred.succeed(runs[1]!, "there")
      assert.deepStrictEqual(yield* Fiber.joinAll(askers), [1, 2, 3].map(() => Exit.succeed("there")))
    }))

  it.effect("runs again for whoever asks after it has succeeded: nothing is kept", () =>
    Effect.gen(function*() {
      const { ask, runs } = yield* play
      for (const result of ["first", "second"]) {
        const asker = yield* start(ask())
        yield* Deferred.succeed(runs.at(-1)!, result)
        assert.strictEqual(yield* Fiber.join(asker), result)
      }
      assert.lengthOf(runs, 2)
    }))

  it.effect("goes on for the others when one is interrupted, also the one that began it", () =>
    Effect.gen(function*() {
      const { ask, interrupted, runs } = yield* play
      const [first, second, third] = yield* Effect.forEach([1, 2, 3], () => start(ask()))
      yield* Fiber.interrupt(first!)
      yield* Fiber.interrupt(third!)
      assert.strictEqual(interrupted(), 0)
      yield* Deferred.succeed(runs[0]!, "there")
      assert.strictEqual(yield* Fiber.join(second!), "there")
    }))

  it.effect("is interrupted when the last one is, and runs again for whoever asks then", () =>
    Effect.gen(function*() {
      const { ask, interrupted, runs } = yield* play
      const askers = yield* Effect.forEach([1, 2], () => start(ask()))
      yield* Fiber.interruptAll(askers)
      assert.strictEqual(interrupted(), 1)
      const again = yield* start(ask())
      yield* Deferred.succeed(runs[1]!, "there")
      assert.strictEqual(yield* Fiber.join(again), "there")
    }))

  it.effect("ending late after an interrupt leaves the run alone that has begun since", () =>
    Effect.gen(function*() {
      const { ask, runs, share, work } = yield* play
      const leave = Deferred.makeUnsafe<void>()
      const late = Effect.onInterrupt(Effect.never, () => Deferred.await(leave))
      const leaving = yield* start(Effect.flatMap(start(share("web", late)), Fiber.interrupt))
      const next = yield* start(ask())
      yield* Deferred.succeed(leave, undefined)
      yield* Fiber.join(leaving)
      const joined = yield* start(share("web", work))
      assert.lengthOf(runs, 1)
      yield* Deferred.succeed(runs[0]!, "there")
      assert.deepStrictEqual(yield* Fiber.joinAll([next, joined]), ["there", "there"])
    }))

  it.effect("is interrupted when the scope closes", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { ask, interrupted } = yield* Scope.provide(play, scope)
      const asker = yield* start(ask())
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(interrupted(), 1)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(asker)))
    }))
})
