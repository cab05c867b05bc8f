import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
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

const shells = [["bash"], ["dash"], ["zsh", "-f"], ["fish", "--no-config"]] as const

for (const [shell, ...options] of shells) {
  describeWith([shell], `quoting for ${shell}`, () => {
    it.each([["always", quote], ["if needed", quoteIfNeeded]] as const)(
      "%s carries every word as it is",
      (_, quoted) => {
        const words = [...HOSTILE, ...ORDINARY]
        const command = ["printf", "%s\\0", ...words].map(quoted).join(" ")
        const printed = execFileSync(shell, [...options, "-c", `exec sh -c ${quoted("exec \"$@\"")} sh ${command}`])
        assert.deepStrictEqual(printed.toString().split("\0"), [...words, ""])
      }
    )
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
