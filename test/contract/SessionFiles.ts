import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Ended } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { EndedSessions } from "../../src/services/EndedSessions.ts"
import type { HostError } from "../../src/services/HostError.ts"
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

/** What {@link SessionFiles} writes of ends, and {@link EndedSessions} knows then. */
export const suite = (name: string, layer: Layer.Layer<SessionFiles | EndedSessions>) => {
  const test = (
    name: string,
    use: (files: SessionFiles["Service"], endedSessions: EndedSessions["Service"]) => Effect.Effect<void, HostError>
  ) =>
    it.live(name, () =>
      Effect.gen(function*() {
        yield* use(yield* SessionFiles, yield* EndedSessions)
      }).pipe(Effect.provide(layer)))

  describe(`SessionFiles: ${name}`, () => {
    test("knows nothing of a session that has not ended", (_files, endedSessions) =>
      Effect.gen(function*() {
        assert.isTrue(Option.isNone(yield* endedSessions.get(a)))
      }))

    test("remembers how a session ended, the last one of its name", (files, endedSessions) =>
      Effect.gen(function*() {
        const last = ended(a, 0, { status: { code: 0, signal: 9 }, command: { code: 3 } })
        yield* files.writeEnd(ended(a, MINUTE))
        yield* files.writeEnd(last)
        assert.deepStrictEqual(yield* endedSessions.get(a), Option.some(last))
      }))

    test(
      "remembers output with it, of that session and no other, until the name is used again",
      (files, endedSessions) =>
        Effect.gen(function*() {
          const [end, output] = [ended(a), { before: 7, base64: "AP8=" }]
          yield* files.writeEnd(end)
          yield* files.writeOutput(a, "another", output)
          assert.deepStrictEqual(yield* endedSessions.get(a), Option.some(end))
          yield* files.writeOutput(a, end.id, output)
          assert.deepStrictEqual(yield* endedSessions.get(a), Option.some({ ...end, output }))
          yield* files.forgetEnd(a)
          yield* files.writeEnd(end)
          assert.deepStrictEqual(yield* endedSessions.get(a), Option.some(end))
        })
    )

    test(
      "forgets output that was taken, of that session and no other",
      (files, endedSessions) =>
        Effect.gen(function*() {
          const [end, output] = [ended(a), { before: 7, base64: "AP8=" }]
          yield* files.forgetOutput(a, end.id)
          yield* files.writeEnd(end)
          yield* files.writeOutput(a, end.id, output)
          yield* files.forgetOutput(a, "another")
          yield* files.forgetOutput(dotted, end.id)
          assert.deepStrictEqual(yield* endedSessions.get(a), Option.some({ ...end, output }))
          yield* files.forgetOutput(a, end.id)
          assert.deepStrictEqual(yield* endedSessions.get(a), Option.some(end))
        })
    )

    test("forgets it when the name is used again", (files, endedSessions) =>
      Effect.gen(function*() {
        yield* files.writeEnd(ended(a))
        yield* files.forgetEnd(a)
        yield* files.forgetEnd(a)
        assert.isTrue(Option.isNone(yield* endedSessions.get(a)))
      }))

    test("forgets it after an hour", (files, endedSessions) =>
      Effect.gen(function*() {
        yield* files.writeEnd(ended(a, 59 * MINUTE))
        assert.isTrue(Option.isSome(yield* endedSessions.get(a)))
        yield* files.writeEnd(ended(a, 61 * MINUTE))
        assert.isTrue(Option.isNone(yield* endedSessions.get(a)))
      }))

    test("does not take one name for another", (files, endedSessions) =>
      Effect.gen(function*() {
        yield* files.writeEnd(ended(a))
        assert.isTrue(Option.isNone(yield* endedSessions.get(dotted)))
        yield* files.writeEnd(ended(dotted))
        yield* files.forgetEnd(a)
        assert.isTrue(Option.isSome(yield* endedSessions.get(dotted)))
        assert.isTrue(Option.isNone(yield* endedSessions.get(a)))
      }))
  })
}
