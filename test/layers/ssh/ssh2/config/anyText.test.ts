import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { linesOf, matchWordsOf, wordsOf } from "../../../../../src/layers/ssh/ssh2/config/lines.ts"
import { matches } from "../../../../../src/layers/ssh/ssh2/config/patterns.ts"
import { BadConfig, readConfig } from "../../../../../src/layers/ssh/ssh2/config/read.ts"

const runs = { arbitrary: { runs: 1000 } }

const textOf = (...parts: ReadonlyArray<string>) =>
  Arbitrary.map(
    Arbitrary.array(Arbitrary.schema(Schema.Union([Schema.Literals(parts), Schema.String])), { maxLength: 20 }),
    (parts) => parts.join("")
  )

/** What people write, and what they write wrong. */
const config = textOf(
  ...[
    "Host ",
    "Match ",
    "host ",
    "user ",
    "exec ",
    "all",
    "final",
    "canonical ",
    "!",
    "*",
    "?",
    ",",
    "HostName ",
    "Port "
  ],
  ...[
    "Include ",
    "ProxyJump ",
    "IdentityFile ",
    "SetEnv ",
    "web",
    "%h",
    "~/",
    "=",
    " ",
    "\t",
    "\r",
    "\n",
    "\"",
    "'",
    "\\",
    "#"
  ]
)

const word = textOf(" ", "\t", "\"", "'", "\\", "\\\\", "#", "=", "*", "a", "é")

describe("an ssh configuration of any text", () => {
  it.prop("is read, or said to be wrong with its place", [config], ([text]) => {
    const subject = { original: "web", host: "web", localUser: "me", isFinal: false, execResult: false }
    const found = { settings: new Map(), lists: new Map(), wantsFinal: false, exec: undefined }
    const files = { read: () => Result.succeed(text), glob: () => [], home: "/home/me" }
    const result = readConfig("/config", "/", subject, files, found)
    if (Result.isFailure(result)) {
      assert.instanceOf(result.failure, BadConfig)
      // A keyword in quotes may hold any character, a CR too: that is cleaned where it is shown.
      assert.match(result.failure.message, /^\/config, line \d+: ./s)
    }
  }, runs)

  it.prop("has lines of which each is a keyword and a rest", [config], ([text]) => {
    for (const { keyword, line, rest } of linesOf(text, "/config")) {
      assert.match(keyword, /^[^\n]*$/)
      assert.strictEqual(keyword, keyword.toLowerCase())
      const own = text.split("\n")[line - 1]!
      assert.include(own, rest)
      // Neither hangs nor throws.
      wordsOf(rest)
      matchWordsOf(rest)
    }
  }, runs)
})

describe("words of a line", () => {
  /** As people quote: with double quotes, and a backslash before what would end them. */
  const quote = (word: string) => `"${word.replaceAll(/["\\']/g, "\\$&")}"`

  it.prop("come back as they were, when each is quoted", [Arbitrary.array(word)], ([words]) => {
    assert.deepStrictEqual(wordsOf(words.map(quote).join(" ")), words)
    assert.deepStrictEqual(wordsOf(`${words.map(quote).join("\t ")} # "a comment`), words)
  }, runs)
})

describe("a pattern", () => {
  const symbols = Arbitrary.schema(Schema.Literals(["*", "?", "a", "b", ".", "+", "ab"]))
  const pattern = Arbitrary.map(Arbitrary.array(symbols, { maxLength: 8 }), (parts) => parts.join(""))
  const text = Arbitrary.map(
    Arbitrary.array(Arbitrary.schema(Schema.Literals(["a", "b", ".", "+"])), { maxLength: 10 }),
    (parts) => parts.join("")
  )

  it.prop("matches what the regular expression would that says the same", [text, pattern], ([text, pattern]) => {
    const same = pattern.replaceAll(/[.+]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".")
    assert.strictEqual(matches(text, pattern), new RegExp(`^(?:${same})$`, "s").test(text))
  }, runs)
})
