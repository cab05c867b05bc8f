import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parse } from "../../src/commands/parse.ts"

const words = (line: string) => line === "" ? [] : line.split(" ")

describe("the command line", () => {
  it.effect.each(
    [
      ["", { _tag: "List", json: false }],
      ["--json", { _tag: "List", json: true }],
      ["--help", { _tag: "Help" }],
      ["-h", { _tag: "Help" }],
      ["--version", { _tag: "Version" }],
      ["-V", { _tag: "Version" }],
      ["--names", { _tag: "Names" }],
      ["dev", { _tag: "Open", name: "dev", dir: undefined, command: undefined, detached: false }],
      ["dev /tmp", { _tag: "Open", name: "dev", dir: "/tmp", command: undefined, detached: false }],
      ["dev . -d", { _tag: "Open", name: "dev", dir: ".", command: undefined, detached: true }],
      ["-d dev", { _tag: "Open", name: "dev", dir: undefined, command: undefined, detached: true }],
      ["dev -- top -d 1", { _tag: "Open", name: "dev", dir: undefined, command: ["top", "-d", "1"], detached: false }],
      ["dev /x -- a -- b", { _tag: "Open", name: "dev", dir: "/x", command: ["a", "--", "b"], detached: false }],
      ["--kill dev", { _tag: "Kill", names: ["dev"] }],
      ["dev --kill other", { _tag: "Kill", names: ["dev", "other"] }],
      ["--kill 1", { _tag: "Kill", names: ["1"] }],
      ["--kill yes no", { _tag: "Kill", names: ["yes", "no"] }],
      ["--watch dev", { _tag: "Watch", name: "dev" }],
      ["--detach", { _tag: "Detach", name: undefined }],
      ["--detach dev", { _tag: "Detach", name: "dev" }],
      ["list", { _tag: "Open", name: "list", dir: undefined, command: undefined, detached: false }],
      ["help", { _tag: "Open", name: "help", dir: undefined, command: undefined, detached: false }]
    ] as const
  )("%j", ([line, request]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* parse(words(line)), request as never)
    }))

  it.effect.each(
    [
      ["--bogus", "--bogus"],
      ["-x dev", "-x"],
      ["--kill", "name is missing"],
      ["--watch", "name is missing"],
      ["-d", "name is missing"],
      ["-- ls", "name is missing"],
      ["dev /tmp more", "\"more\""],
      ["--watch a b", "\"b\""],
      ["--detach a b", "\"b\""],
      ["--help dev", "\"dev\""],
      ["dev --", "no command after --"],
      ["--kill dev -- ls", "command"],
      ["--kill --watch dev", "do not go together"],
      ["--json dev", "--json"],
      ["--kill -d dev", "-d"],
      ["a/b", "letters"],
      [".. /tmp", "start"],
      ["--kill good bad/name", "bad/name"],
      ["--no-json", "--no-json"]
    ] as const
  )("%j is wrong: one line says what, one the right form", ([line, what]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(parse(words(line)))
      assert.strictEqual(error._tag, "UsageError")
      assert.include(error.problem, what)
      assert.notInclude(error.problem, "\n")
      assert.match(error.form, /^sesh /)
    }))
})
