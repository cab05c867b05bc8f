import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Ended } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { SessionFiles } from "../../src/services/SessionFiles.ts"

const [a, dotted] = ["a", "a.ended"] as Array<SessionName> as [SessionName, SessionName]

const MINUTE = 60_000

/** A session that ended so long ago. */
export const ended = (name: SessionName, ago = 0, more?: Partial<Ended>): Ended => ({
  name,
  id: `id of ${name}`,
  at: Date.now() - ago,
  status: { code: 7 },
  ...more
})

/** What every {@link SessionFiles} promises of ends. */
export const suite = (name: string, layer: Layer.Layer<SessionFiles>) => {
  const test = (name: string, use: (files: SessionFiles["Service"]) => Effect.Effect<void>) =>
    it.live(name, () => Effect.flatMap(SessionFiles, use).pipe(Effect.provide(layer)))

  describe(`SessionFiles: ${name}`, () => {
    test("knows nothing of a session that has not ended", (files) =>
      Effect.gen(function*() {
        assert.isTrue(Option.isNone(yield* files.readEnd(a)))
      }))

    test("remembers how a session ended, the last one of its name", (files) =>
      Effect.gen(function*() {
        const last = ended(a, 0, { status: { code: 0, signal: 9 }, command: { code: 3 } })
        yield* files.writeEnd(ended(a, MINUTE))
        yield* files.writeEnd(last)
        assert.deepStrictEqual(yield* files.readEnd(a), Option.some(last))
      }))

    test("forgets it when the name is used again", (files) =>
      Effect.gen(function*() {
        yield* files.writeEnd(ended(a))
        yield* files.forgetEnd(a)
        yield* files.forgetEnd(a)
        assert.isTrue(Option.isNone(yield* files.readEnd(a)))
      }))

    test("forgets it after an hour", (files) =>
      Effect.gen(function*() {
        yield* files.writeEnd(ended(a, 59 * MINUTE))
        assert.isTrue(Option.isSome(yield* files.readEnd(a)))
        yield* files.writeEnd(ended(a, 61 * MINUTE))
        assert.isTrue(Option.isNone(yield* files.readEnd(a)))
      }))

    test("does not take one name for another", (files) =>
      Effect.gen(function*() {
        yield* files.writeEnd(ended(a))
        assert.isTrue(Option.isNone(yield* files.readEnd(dotted)))
        yield* files.writeEnd(ended(dotted))
        yield* files.forgetEnd(a)
        assert.isTrue(Option.isSome(yield* files.readEnd(dotted)))
        assert.isTrue(Option.isNone(yield* files.readEnd(a)))
      }))
  })
}
