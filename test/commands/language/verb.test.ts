import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { scripts } from "../../../src/commands/completions/completions.ts"
import { completed, offersOf, SHELLS } from "../../../src/commands/completions/words.ts"
import { helpOf } from "../../../src/commands/language/help.ts"
import { flag, host, session } from "../../../src/commands/language/params.ts"
import { parser } from "../../../src/commands/language/parse.ts"
import { verb } from "../../../src/commands/language/verb.ts"
import { verbs as own } from "../../../src/commands/verbs.ts"
import { page } from "../../../src/manual/page.ts"

const greet = verb({
  name: "greet",
  help: {
    group: "In scripts",
    form: "sesh --greet <name> [--loud]",
    meaning: "say hello to a session",
    details: ["It does not answer."],
    flags: { loud: "The neighbours hear it." }
  },
  params: { host, name: session, loud: flag("loud", "so that all hear it") },
  run: ({ loud, name }) => Effect.succeed(name.length + (loud ? 100 : 0))
})

const verbs = [...own, greet]
const parse = parser(verbs)

describe("a verb that is put on the list", () => {
  it.effect("is understood, and done", () =>
    Effect.gen(function*() {
      const { input, run } = yield* parse(["--greet", "@web", "dev", "--loud"])
      assert.deepStrictEqual(input, { host: "web", name: "dev", loud: true })
      assert.strictEqual(yield* run as Effect.Effect<number>, 103)
    }))

  it.effect.each(
    [
      ["--greet", "the session's name is missing", greet.form],
      ["--greet a b", "\"b\" is one word too many", greet.form],
      ["--greet dev --keep", "--keep does not go with --greet", "sesh --exec"],
      ["--kill dev --loud", "--loud does not go with --kill", greet.form],
      ["--greet dev -- ls", "a command does not go with --greet", "sesh <name>"],
      ["--greet --kill dev", "--kill and --greet do not go together", "sesh --help"]
    ] as const
  )("says what is wrong with %j", ([line, problem, form]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(parse(line.split(" ")))
      assert.strictEqual(error.problem, problem)
      assert.isTrue(error.form.startsWith(form), error.form)
    }))

  it("is in the help and the manual", () => {
    assert.include(helpOf(verbs), "  sesh --greet <name> [--loud]      say hello to a session\n")
    assert.include(helpOf(verbs), "    --loud                          so that all hear it\n")
    assert.include(page(verbs, "1.2.3"), "Say hello to a session.\n.IP\nIt does not answer.\n")
    assert.include(page(verbs, "1.2.3"), "So that all hear it.\nThe neighbours hear it.\n")
  })

  it("is completed, with its flags and sessions", () => {
    const offers = offersOf(verbs)
    assert.include(offers.patternsOf("session"), "greet:0")
    assert.include(offers.hostPatterns, "greet:0")
    for (const shell of SHELLS) {
      for (const word of ["--greet", "--loud"]) assert.include(scripts[shell](offers, completed("sesh")), word)
    }
  })
})

describe("the list of verbs", () => {
  it("has no word twice", () => {
    const flags = own.flatMap(({ flags }) => flags.flatMap(({ words }) => words))
    const words = [...own.flatMap(({ words }) => words), ...flags]
    assert.strictEqual(new Set(words).size, words.length)
  })
})
