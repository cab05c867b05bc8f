import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Patience } from "../../../src/layers/sessions/patience.ts"
import { DAY_MS, withSetClock } from "../../support/clock.ts"

const silent = () => Effect.succeed("silent")

describe("patience with sessions that are asked at the same time", () => {
  it.effect("lasts while any of them answers", () =>
    Effect.gen(function*() {
      const together = new Patience()
      // A busy machine: three hundred sessions end one after the other, each within four seconds of the one before.
      const asked = yield* Effect.forkChild(Effect.forEach(
        Array.from({ length: 300 }, (_, index) => index),
        (index) => Effect.sleep(index * 4_000).pipe(Effect.as("ended"), together.within("5 seconds", silent)),
        { concurrency: "unbounded" }
      ))
      yield* TestClock.adjust("20 minutes")
      assert.deepStrictEqual(new Set(yield* Fiber.join(asked)), new Set(["ended"]))
    }))

  it.effect("ends when none has answered for that long", () =>
    Effect.gen(function*() {
      const together = new Patience()
      const ask = <A>(answer: Effect.Effect<A>) => Effect.forkChild(together.within("5 seconds", silent)(answer))
      const [never, soon] = [yield* ask(Effect.never), yield* ask(Effect.sleep("3 seconds"))]
      yield* TestClock.adjust("7 seconds")
      yield* Fiber.join(soon)
      assert.strictEqual(never.pollUnsafe(), undefined)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(never), "silent")
    }))

  it.effect("lasts no longer when the system's clock is set back, nor less when it is set ahead", () =>
    withSetClock((set) =>
      Effect.gen(function*() {
        for (const ms of [-DAY_MS, DAY_MS]) {
          const asked = yield* Effect.forkChild(new Patience().within("5 seconds", silent)(Effect.never))
          yield* TestClock.adjust("1 second")
          set(ms)
          yield* TestClock.adjust("3 seconds")
          assert.isUndefined(asked.pollUnsafe())
          yield* TestClock.adjust("2 seconds")
          assert.isDefined(asked.pollUnsafe())
        }
      })
    ))

  it.effect("begins when one is asked, however long ago another has answered", () =>
    Effect.gen(function*() {
      const together = new Patience()
      yield* together.heard
      yield* TestClock.adjust("1 hour")
      const late = yield* Effect.forkChild(
        Effect.sleep("4 seconds").pipe(Effect.as("ended"), together.within("5 seconds", silent))
      )
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(yield* Fiber.join(late), "ended")
    }))
})
