import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll } from "vitest"
import { quote, quoteIfNeeded } from "../../src/schema/Shell.ts"
import { describeWith } from "../support/needs.ts"

const HOSTILE = [
  "",
  "a b",
  "it's",
  "\\",
  "\\\\",
  "a\\'b",
  "!x",
  "$HOME",
  "`id`",
  "\"",
  "*",
  "~",
  "line\nfeed",
  "-n",
  "ü🙂",
  "'",
  "#",
  // zsh's path of a command, a job of fish.
  "=ls",
  "%self"
]

/** What people call hosts, sessions and files. */
const ORDINARY = [
  "web",
  "me@web.example.org:22",
  "/home/me/.ssh/known_hosts",
  "a+b,c",
  "KEY=value",
  "fe80::1%eth0",
  "-x"
]

/** Shells make directories in their home, fish even without a configuration. */
const home = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-shells-"))
afterAll(() => fs.rmSync(home, { recursive: true }))
const env = { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: home }

/** Any words, of what means something to some shell. Many at once: a shell's start takes longer than a word. */
const words = Arbitrary.array(
  Arbitrary.map(
    Arbitrary.array(
      Arbitrary.schema(Schema.Union([
        Schema.Literals([
          ...HOSTILE,
          "(",
          ")",
          "{a,b}",
          "[a]",
          "?",
          "&",
          ";",
          "|",
          "<",
          ">",
          "^",
          "\r",
          "\t",
          "\u001b[A",
          "$(id)"
        ]),
        Schema.String
      ])),
      { maxLength: 6 }
    ),
    (parts) => parts.join("").toWellFormed().replaceAll("\0", "")
  ),
  { minLength: 50, maxLength: 200 }
)

const shells = [["bash"], ["dash"], ["zsh", "-f"], ["fish", "--no-config"]] as const

for (const [shell, ...options] of shells) {
  describeWith([shell], `quoting for ${shell}`, () => {
    /** What a program gets that this shell starts. */
    const printed = (quoted: typeof quote, words: ReadonlyArray<string>) => {
      const command = ["printf", "%s\\0", ...words].map(quoted).join(" ")
      const script = `exec sh -c ${quoted("exec \"$@\"")} sh ${command}`
      return execFileSync(shell, [...options, "-c", script], { env }).toString().split("\0").slice(0, -1)
    }

    it.each([["always", quote], ["if needed", quoteIfNeeded]] as const)(
      "%s carries every word as it is",
      (_, quoted) => {
        const words = [...HOSTILE, ...ORDINARY]
        assert.deepStrictEqual(printed(quoted, words), words)
      }
    )

    it.prop("carries any words as they are", [words], ([words]) => {
      for (const quoted of [quote, quoteIfNeeded]) assert.deepStrictEqual(printed(quoted, words), words)
    }, { arbitrary: { runs: 4 } })
  })
}

describe("quoting for people", () => {
  it("leaves ordinary words as they are", () => {
    assert.deepStrictEqual(ORDINARY.map(quoteIfNeeded), ORDINARY)
  })

  it("is in single quotes", () => {
    assert.deepStrictEqual(["", "a b", "it's", "[::1]:22"].map(quoteIfNeeded), [
      "''",
      "'a b'",
      "'it'\\''s'",
      "'[::1]:22'"
    ])
  })
})
