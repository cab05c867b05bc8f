import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type EndSignal, Signals } from "../../src/services/Signals.ts"
import { until } from "./SessionServer.ts"

/** Who sends signals. */
export class Sender extends Context.Service<Sender, {
  /** Sends one to this process, if it would survive that. */
  readonly send: (signal: EndSignal) => void
  /** How many listen: with none the process would end. */
  readonly listeners: () => number
}>()("test/Sender") {}

/** Both ends of it. */
const both = Effect.all([Signals, Sender])

/** What every Signals promises. */
export const suite = (name: string, layer: Layer.Layer<Signals | Sender>): void => {
  describe(name, () => {
    const test = <A, E>(name: string, effect: Effect.Effect<A, E, Signals | Sender | Scope.Scope>) =>
      it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(layer)))

    test(
      "each signal is told, by its name, as often as it comes",
      Effect.gen(function*() {
        const [{ listen }, { send }] = yield* both
        const heard: Array<EndSignal> = []
        yield* listen((signal) => heard.push(signal))
        // A signal that waits to be delivered is not sent a second time (signal(7)).
        for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGINT"] as const) {
          const before = heard.length
          send(signal)
          yield* until("it was told", () => heard.length > before)
        }
        assert.deepStrictEqual(heard, ["SIGINT", "SIGTERM", "SIGHUP", "SIGINT"])
      })
    )

    test(
      "everybody who listens is told, until their own scope closes",
      Effect.gen(function*() {
        const [{ listen }, { listeners, send }] = yield* both
        const before = listeners()
        let told = 0
        const hear = () => void told++
        const scope = yield* Scope.make()
        yield* Scope.provide(listen(hear), scope)
        yield* listen(hear)
        send("SIGTERM")
        yield* until("both were told", () => told === 2)
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(listeners(), before + 1)
        send("SIGTERM")
        yield* until("the other one was told", () => told === 3)
      })
    )

    test(
      "afterwards signals do what they did before",
      Effect.gen(function*() {
        const [{ listen }, { listeners }] = yield* both
        const before = listeners()
        yield* Effect.scoped(listen(() => {}))
        yield* Effect.ignore(Effect.scoped(Effect.andThen(listen(() => {}), Effect.fail("oops"))))
        assert.strictEqual(listeners(), before)
      })
    )
  })
}
