import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Prompt } from "../../src/services/Prompt.ts"
import { until } from "./SessionServer.ts"

/** The user at the terminal. */
export class Person extends Context.Service<Person, {
  /** Types a line, and Enter. */
  readonly type: (line: string) => void
  /** Waits until the terminal has what was typed so far. */
  readonly hasTyped: Effect.Effect<void>
  /** Ctrl-D at the beginning of a line. */
  readonly end: () => void
  /** All that was shown. */
  readonly seen: () => string
  /** What was typed and not read, line by line; once. */
  readonly unread: Effect.Effect<ReadonlyArray<string>>
}>()("test/Person") {}

/** What every Prompt promises where a person is. */
export const suite = <E>(name: string, layer: Layer.Layer<Prompt | Person, E>): void => {
  describe(name, () => {
    const test = <A, E>(name: string, effect: Effect.Effect<A, E, Prompt | Person | Scope.Scope>) =>
      it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(layer)), 30_000)

    /** The question is on the screen, and an answer is waited for. */
    const asking = Effect.gen(function*() {
      const prompt = yield* Prompt
      const person = yield* Person
      const answer = yield* Effect.forkScoped(prompt.choose("Which\u001b[2J?", ["one", "two\u009b\u202e", "three"]))
      yield* until("it asks", () => person.seen().includes("three"))
      return { person, answer: Fiber.join(answer) }
    })

    test(
      "questions and choices are shown, without control characters, and a number chooses",
      Effect.gen(function*() {
        assert.isTrue((yield* Prompt).isPossible)
        const { answer, person } = yield* asking
        for (const text of ["Which\\x1b[2J?", "one", "two\\x9b\\u202e", "three"]) assert.include(person.seen(), text)
        person.type("2")
        assert.deepStrictEqual(yield* answer, Option.some(1))
      })
    )

    test(
      "an invalid choice is asked for again",
      Effect.gen(function*() {
        const { answer, person } = yield* asking
        for (const line of ["4", "0", "-1", "two", "1 2", "0x1"]) person.type(line)
        person.type(" 3 ")
        assert.deepStrictEqual(yield* answer, Option.some(2))
      })
    )

    for (
      const [how, act] of [
        ["an empty line", (person: Person["Service"]) => person.type("")],
        ["the end of input", (person: Person["Service"]) => person.end()]
      ] as const
    ) {
      test(
        `${how} chooses none`,
        Effect.gen(function*() {
          const { answer, person } = yield* asking
          act(person)
          assert.deepStrictEqual(yield* answer, Option.none())
        })
      )
    }

    test(
      "input after the answer stays for the next reader",
      Effect.gen(function*() {
        const { answer, person } = yield* asking
        person.type("1")
        person.type("ls")
        person.type("pwd")
        assert.deepStrictEqual(yield* answer, Option.some(0))
        assert.deepStrictEqual(yield* person.unread, ["ls", "pwd"])
      })
    )

    test(
      "can be asked again, and again",
      Effect.gen(function*() {
        const { choose } = yield* Prompt
        const person = yield* Person
        for (const [index, number] of [1, 2, 1].entries()) {
          const answer = yield* Effect.forkScoped(choose(`Question ${index}?`, ["a", "b"]))
          yield* until("it asks", () => person.seen().includes(`Question ${index}?`))
          person.type(String(number))
          assert.deepStrictEqual(yield* Fiber.join(answer), Option.some(number - 1))
        }
      })
    )

    test(
      "what was typed before the question is no answer to it",
      Effect.gen(function*() {
        const person = yield* Person
        person.type("1")
        yield* person.hasTyped
        const { answer } = yield* asking
        person.type("2")
        assert.deepStrictEqual(yield* answer, Option.some(1))
      })
    )

    test(
      "an interrupted question reads no more",
      Effect.gen(function*() {
        const prompt = yield* Prompt
        const person = yield* Person
        const asked = yield* Effect.forkChild(prompt.choose("Which?", ["a"]))
        yield* until("it asks", () => person.seen().includes("Which?"))
        yield* Fiber.interrupt(asked)
        person.type("ls")
        assert.deepStrictEqual(yield* person.unread, ["ls"])
      })
    )
  })
}
