import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import { reconnect } from "../../../src/layers/connection/reconnect.ts"
import { HostError } from "../../../src/services/HostError.ts"

const noRoute = new HostError({ host: "web", problem: "no route", kind: "unreachable" })

/** Times of the attempts, in whole seconds, while each takes so long and fails. `typesAt`: a key is pressed. */
const attempts = Effect.fnUntraced(function*(
  options: { readonly isShown?: boolean; readonly takes?: number; readonly typesAt?: ReadonlyArray<number> },
  seconds: number
) {
  const times: Array<number> = []
  let press = () => {}
  const attempt = Effect.gen(function*() {
    times.push(Math.round((yield* Clock.currentTimeMillis) / 1000))
    yield* Effect.sleep(1000 * (options.takes ?? 0))
    return yield* noRoute
  })
  const running = yield* Effect.forkChild(reconnect({
    attempt,
    ...(options.isShown === undefined ? {} : { isShown: options.isShown }),
    onState: () => undefined,
    onKey: (run) => {
      press = run
      return () => {
        press = () => {}
      }
    }
  }))
  for (let second = 1; second <= seconds; second++) {
    yield* TestClock.adjust("1 second")
    if (options.typesAt?.includes(second) === true) press()
  }
  yield* Fiber.interrupt(running)
  return times
}, Effect.provideService(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 4 / 9 }))

describe("attempts to get a connection back", () => {
  it.effect("that nobody sees come after 1, 2, 4 seconds and so on, never more than 30", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* attempts({}, 130), [1, 3, 7, 15, 31, 61, 91, 121])
    }))

  it.effect("that are shown come every 2 seconds", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* attempts({ isShown: true }, 10), [1, 3, 5, 7, 9])
    }))

  it.effect("begin as often where one takes longer, with half a second in between", () =>
    Effect.gen(function*() {
      const times = yield* attempts({ isShown: true, takes: 1 }, 10)
      assert.deepStrictEqual(times, [1, 3, 5, 7, 9])
      assert.isAtLeast((yield* attempts({ isShown: true, takes: 5 }, 60)).length, 10)
    }))

  it.effect("are cut by nobody: a host may be slow, and a user patient", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* attempts({ isShown: true, takes: 60 }, 130), [1, 62, 122])
    }))

  it.effect("that are shown, but for long to nobody, become rare until a key is pressed", () =>
    Effect.gen(function*() {
      const times = yield* attempts({ isShown: true, typesAt: [1200] }, 1300)
      const between = (from: number, to: number) => times.filter((time) => time > from && time <= to).length
      assert.deepStrictEqual([between(0, 600), between(660, 1199), between(1199, 1300)], [300, 18, 51])
    }))
})
