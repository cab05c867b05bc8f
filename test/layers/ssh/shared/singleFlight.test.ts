import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { makeSingleFlight } from "../../../../src/layers/ssh/shared/singleFlight.ts"

/** Work that the test ends; it counts its starts and interrupts. */
const setUp = Effect.gen(function*() {
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

/** A request that is already waiting. */
const start = <A, E>(ask: Effect.Effect<A, E>) => Effect.forkChild(ask, { startImmediately: true })

describe("concurrent requests for the same work", () => {
  it.effect("runs once, and all get its result", () =>
    Effect.gen(function*() {
      const { ask, runs } = yield* setUp
      const askers = yield* Effect.forEach([1, 2, 3], () => start(ask()))
      assert.lengthOf(runs, 1)
      yield* Deferred.succeed(runs[0]!, "there")
      assert.deepStrictEqual(yield* Fiber.joinAll(askers), ["there", "there", "there"])
    }))

  it.effect("runs once for each key", () =>
    Effect.gen(function*() {
      const { ask, runs } = yield* setUp
      const [web, mail] = [yield* start(ask("web")), yield* start(ask("mail"))]
      yield* Deferred.succeed(runs[1]!, "mail")
      yield* Deferred.succeed(runs[0]!, "web")
      assert.deepStrictEqual([yield* Fiber.join(web), yield* Fiber.join(mail)], ["web", "mail"])
    }))

  it.effect("fails for all, and runs again for a later request", () =>
    Effect.gen(function*() {
      const { ask, runs } = yield* setUp
      const askers = yield* Effect.forEach([1, 2], () => start(Effect.exit(ask())))
      yield* Deferred.fail(runs[0]!, "refused")
      assert.deepStrictEqual(yield* Fiber.joinAll(askers), [Exit.fail("refused"), Exit.fail("refused")])
      const again = yield* start(ask())
      assert.lengthOf(runs, 2)
      yield* Deferred.succeed(runs[1]!, "there")
      assert.strictEqual(yield* Fiber.join(again), "there")
    }))

  it.effect("runs once more for those that retry at once, while others still get the first failure", () =>
    Effect.gen(function*() {
      const { ask, runs } = yield* setUp
      const askers = yield* Effect.forEach([1, 2, 3], () => start(Effect.exit(Effect.retry(ask(), { times: 1 }))))
      yield* Deferred.fail(runs[0]!, "first")
      yield* Effect.yieldNow
      assert.lengthOf(runs, 2)
      yield* Deferred.succeed(runs[1]!, "there")
      assert.deepStrictEqual(yield* Fiber.joinAll(askers), [1, 2, 3].map(() => Exit.succeed("there")))
    }))

  it.effect("runs again for a request after its success: nothing is kept", () =>
    Effect.gen(function*() {
      const { ask, runs } = yield* setUp
      for (const result of ["first", "second"]) {
        const asker = yield* start(ask())
        yield* Deferred.succeed(runs.at(-1)!, result)
        assert.strictEqual(yield* Fiber.join(asker), result)
      }
      assert.lengthOf(runs, 2)
    }))

  it.effect("continues for the others when one is interrupted, also the one that started it", () =>
    Effect.gen(function*() {
      const { ask, interrupted, runs } = yield* setUp
      const [first, second, third] = yield* Effect.forEach([1, 2, 3], () => start(ask()))
      yield* Fiber.interrupt(first!)
      yield* Fiber.interrupt(third!)
      assert.strictEqual(interrupted(), 0)
      yield* Deferred.succeed(runs[0]!, "there")
      assert.strictEqual(yield* Fiber.join(second!), "there")
    }))

  it.effect("is interrupted with the last request, and runs again for a later one", () =>
    Effect.gen(function*() {
      const { ask, interrupted, runs } = yield* setUp
      const askers = yield* Effect.forEach([1, 2], () => start(ask()))
      yield* Fiber.interruptAll(askers)
      assert.strictEqual(interrupted(), 1)
      const again = yield* start(ask())
      yield* Deferred.succeed(runs[1]!, "there")
      assert.strictEqual(yield* Fiber.join(again), "there")
    }))

  it.effect("ending late after an interrupt does not affect the run that has started since", () =>
    Effect.gen(function*() {
      const { ask, runs, share, work } = yield* setUp
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
      const { ask, interrupted } = yield* Scope.provide(setUp, scope)
      const asker = yield* start(ask())
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(interrupted(), 1)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(asker)))
    }))
})
