import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { scripts } from "../../../src/commands/completions/completions.ts"
import { completed, offersOf, SHELLS } from "../../../src/commands/completions/words.ts"
import { parser } from "../../../src/commands/language/parse.ts"
import { verbs } from "../../../src/commands/verbs.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { inWorld } from "../../support/inWorld.ts"

const parse = parser(verbs)
const offers = offersOf(verbs)
const shown = verbs.filter(({ help }) => help !== undefined)

describe.each(SHELLS)("completion for %s", (shell) => {
  const script = scripts[shell](offers, completed("sesh"))

  it("has every verb and every option", () => {
    const options = shown.flatMap(({ flags }) => flags.map(({ words: [word] }) => word))
    for (const word of [...shown.flatMap(({ words }) => words), ...options]) {
      assert.match(script, new RegExp(`(?<![\\w-])${word}(?![\\w-])`), word)
    }
  })

  it("uses what is hidden, and does not offer it", () => {
    const uses = (word: string) => script.match(new RegExp(`(?<![\\w-])${word}(?![\\w-])`, "g"))?.length ?? 0
    assert.strictEqual(uses("--names"), 1)
    assert.strictEqual(uses("--hosts"), 2)
    assert.strictEqual(uses("--daemon"), 0)
  })

  it("is for the name by which sesh was called, with functions of its own", () => {
    const named = scripts[shell](offers, completed("a.b-c_2"))
    const functions = (text: string) =>
      [...text.matchAll(/^(?:function )?(_\w+)(?:\(\) \{| .*|)$/gm)].map(([, name]) => name!)
    assert.isAtLeast(functions(script).length, 4)
    assert.strictEqual(functions(named).length, functions(script).length)
    for (const name of functions(named)) {
      assert.match(name, /^__?sesh_as_a_b_c_2(_[a-z_]+)?$/)
      assert.notInclude(functions(script), name)
    }
    assert.notMatch(named, /(--completions|command|-[pcP]|compdef|commands\[|-sq|\)) ?sesh\b/)
    assert.include(named, `a.b-c_2 --completions ${shell}`)
    for (const odd of ["-x", "a b", "$(x)", "", "a/b", "\n"]) {
      assert.strictEqual(scripts[shell](offers, completed(odd)), script)
    }
  })

  it("is text that any editor shows as it is", () => {
    assert.match(script, /^[ -~\n]*$/)
    assert.notMatch(script, /undefined|\[object| +$/m)
  })

  it.effect("is all that sesh --completions prints", () =>
    inWorld({ outputIsTerminal: false }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--completions", shell), 0)
        const { err, out } = yield* OutputTestRef
        assert.deepStrictEqual([out, err], [[script], []])
      })))
})

describe("completion", () => {
  it("knows of every operand what it is", () => {
    for (const { name, operands } of verbs) {
      for (const { kind } of operands) {
        assert.include(["session", "new name", "directory", "file", "shell", "text", "host"], kind, name)
        assert.isAtLeast(offers.patternsOf(kind).length, 1)
      }
      // Whatever follows the first of many is of its kind.
      assert.isFalse(operands.slice(0, -1).some(({ isVariadic }) => isVariadic))
    }
  })

  it.effect.each(offers.dashWords.flatMap(([, words]) => words.map(({ word }) => word)))(
    "offers %s, which sesh knows",
    (word) =>
      Effect.gen(function*() {
        const problem = yield* Effect.match(parse([word]), {
          onFailure: (error) => error.problem,
          onSuccess: () => ""
        })
        assert.notInclude(problem, "there is no option")
      })
  )

  it.effect("of another shell is wrong usage", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        for (const words of [["tcsh"], []]) {
          assert.strictEqual(yield* sesh("--completions", ...words), 2)
        }
        const { err, out } = yield* OutputTestRef
        assert.deepStrictEqual(out, [])
        assert.include(err[0], "usage: sesh --completions bash|zsh|fish")
      })))
})
