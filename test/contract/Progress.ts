import { describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Output } from "../../src/services/Output.ts"
import { Progress } from "../../src/services/Progress.ts"
import { until } from "./SessionServer.ts"

/** A terminal of 40 columns, as its user sees it. */
export class Screen extends Context.Service<Screen, {
  /** The lines there are now, the last one being the one that may change. */
  readonly lines: () => ReadonlyArray<string>
}>()("test/Screen") {}

/** What every Progress promises on a terminal, with the Output beside it. */
export const suite = <E>(name: string, layer: Layer.Layer<Progress | Output | Screen, E>): void => {
  describe(name, () => {
    const test = <A, E>(name: string, effect: Effect.Effect<A, E, Progress | Output | Screen | Scope.Scope>) =>
      it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(layer)), 30_000)

    const shows = (...lines: ReadonlyArray<string>) =>
      Effect.flatMap(
        Screen,
        (screen) =>
          until(
            `the screen shows ${JSON.stringify(lines)}`,
            () => JSON.stringify(screen.lines()) === JSON.stringify(lines)
          )
      )

    test(
      "a line is shown, replaced, and gone with its scope",
      Effect.gen(function*() {
        const { line } = yield* Progress
        yield* Effect.scoped(Effect.gen(function*() {
          const show = yield* line
          show("asking web and db")
          yield* shows("asking web and db")
          show("asking db")
          yield* shows("asking db")
        }))
        yield* shows("")
      })
    )

    test(
      "Output goes above it",
      Effect.gen(function*() {
        const { note, print } = yield* Output
        const { line } = yield* Progress
        yield* print("before")
        yield* Effect.scoped(Effect.gen(function*() {
          const show = yield* line
          show("asking db")
          yield* shows("before", "asking db")
          yield* print("one\ntwo")
          yield* note("sesh: by the way")
          yield* shows("before", "one", "two", "sesh: by the way", "asking db")
          show("asking web")
          yield* shows("before", "one", "two", "sesh: by the way", "asking web")
        }))
        yield* print("after")
        yield* shows("before", "one", "two", "sesh: by the way", "after", "")
      })
    )

    test(
      "it is one line, whatever the text, and obeys nothing in it",
      Effect.gen(function*() {
        const show = yield* (yield* Progress).line
        show("a\u001b[2J\nb\u009b")
        yield* shows("a\\x1b[2J\\x0ab\\x9b")
        show("x".repeat(1000))
        yield* shows(`${"x".repeat(38)}…`)
      })
    )

    test(
      "a text after the scope is not shown",
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const show = yield* Scope.provide((yield* Progress).line, scope)
        show("asking")
        yield* shows("asking")
        yield* Scope.close(scope, Exit.void)
        show("too late")
        yield* (yield* Output).print("after")
        yield* shows("after", "")
        // A line that comes later is not shown before it.
        yield* Effect.scoped(Effect.gen(function*() {
          ;(yield* (yield* Progress).line)("another")
          yield* shows("after", "another")
        }))
        yield* shows("after", "")
      })
    )
  })
}
