import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { ShownIn } from "../../src/schema/protocol/Control.ts"
import { Surroundings } from "../../src/services/Surroundings.ts"
import { eventually, settle } from "../support/fakeClient.ts"

/** What is around the suite, as it plays it. */
export class Around extends Context.Service<Around, {
  /** The session that we are in is shown in these others; its id. */
  readonly shownIn: (others: ShownIn) => Effect.Effect<string>
  readonly followers: () => number
}>()("test/Surroundings/Around") {}

/** Where the suite runs. */
export interface Places {
  readonly inside: Layer.Layer<Surroundings | Around>
  readonly outside: Layer.Layer<Surroundings>
}

/** What every Surroundings promises. */
export const suite = (name: string, { inside, outside }: Places): void => {
  const follow = Effect.gen(function*() {
    const told: Array<ShownIn> = []
    yield* (yield* Surroundings).follow((ids) => void told.push(ids))
    return told
  })

  describe(`Surroundings: ${name}`, () => {
    it.effect("outside of sessions there are none", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* follow, [[]])
      }).pipe(Effect.scoped, Effect.provide(outside)))

    it.effect("the session that we are in and those that show it are told at once, and when they change", () =>
      Effect.gen(function*() {
        const { shownIn } = yield* Around
        const id = yield* shownIn(["a1"])
        yield* settle
        const told = yield* follow
        assert.deepStrictEqual(told, [[id, "a1"]])
        yield* shownIn(["a1", "a2"])
        yield* eventually("the news", () => told.length === 2)
        assert.deepStrictEqual(told[1], [id, "a1", "a2"])
        yield* shownIn([])
        yield* eventually("more news", () => told.length === 3)
        assert.deepStrictEqual(told[2], [id])
      }).pipe(Effect.scoped, Effect.provide(inside)))

    it.effect("nothing is told any more, and nothing left, when the scope has closed", () =>
      Effect.gen(function*() {
        const { followers, shownIn } = yield* Around
        yield* shownIn(["a1"])
        const scope = yield* Scope.make()
        const told = yield* Scope.provide(follow, scope)
        assert.strictEqual(followers(), 1)
        yield* Scope.close(scope, Exit.void)
        yield* eventually("nobody", () => followers() === 0)
        yield* shownIn(["a2"])
        yield* settle
        assert.lengthOf(told, 1)
      }).pipe(Effect.scoped, Effect.provide(inside)))
  })
}
