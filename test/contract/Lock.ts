import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Lock } from "../../src/services/Lock.ts"

/** What every Lock promises. */
export const suite = (name: string, layer: Layer.Layer<Lock>): void => {
  describe(name, () => {
    it.live("one at a time holds the lock, and in the end all have", () =>
      Effect.gen(function*() {
        const { withLock } = yield* Lock
        let inside = 0
        let most = 0
        let done = 0
        const visit = Effect.gen(function*() {
          most = Math.max(most, ++inside)
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          inside--
          done++
        })
        yield* Effect.all(Array.from({ length: 20 }, () => withLock(visit)), { concurrency: "unbounded" })
        assert.deepStrictEqual([most, done], [1, 20])
      }).pipe(Effect.provide(layer)))

    it.live("the lock is free again after a failure, a defect and an interruption", () =>
      Effect.gen(function*() {
        const { withLock } = yield* Lock
        assert.strictEqual(yield* Effect.flip(withLock(Effect.fail("no" as const))), "no")
        yield* Effect.exit(withLock(Effect.die("no")))
        const inside = yield* Deferred.make<void>()
        const holder = yield* Effect.forkChild(
          withLock(Effect.andThen(Deferred.succeed(inside, undefined), Effect.never))
        )
        yield* Deferred.await(inside)
        const waiter = yield* Effect.forkChild(withLock(Effect.void))
        yield* Effect.yieldNow
        yield* Fiber.interrupt(waiter)
        yield* Fiber.interrupt(holder)
        assert.strictEqual(yield* withLock(Effect.succeed(1)), 1)
      }).pipe(Effect.provide(layer)))

    it.effect("a waiting caller gives up after ten seconds, and not before; the holder continues", () =>
      Effect.gen(function*() {
        const { withLock } = yield* Lock
        const free = yield* Deferred.make<void>()
        const holder = yield* Effect.forkChild(withLock(Effect.as(Deferred.await(free), "done")))
        yield* Effect.yieldNow
        const waiter = yield* Effect.forkChild(Effect.flip(withLock(Effect.void)))
        yield* Effect.yieldNow
        for (let second = 0; second < 9; second++) yield* TestClock.adjust("1 second")
        assert.isUndefined(waiter.pollUnsafe())
        for (let second = 0; second < 3; second++) yield* TestClock.adjust("1 second")
        assert.deepInclude(yield* Fiber.join(waiter), { _tag: "LockError", isHeld: true })
        yield* Deferred.succeed(free, undefined)
        assert.strictEqual(yield* Fiber.join(holder), "done")
        assert.strictEqual(yield* withLock(Effect.succeed(1)), 1)
      }).pipe(Effect.provide(layer)))
  })
}
