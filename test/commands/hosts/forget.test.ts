import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { HostMemoryTestRef } from "../../../src/layers/testing/HostMemoryFake.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { inWorld } from "../../support/inWorld.ts"

describe("sesh --forget", () => {
  it.effect("forgets hosts without asking them; says which one is not known, and what was meant", () =>
    inWorld({ hosts: { web: {}, db: {}, far: {} } }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--forget", "@web", "@wen", "@far", "@web"), 1)
        assert.deepStrictEqual((yield* OutputTestRef).err, [
          "[web is forgotten]",
          "sesh: wen is not known",
          "[far is forgotten]"
        ])
        assert.deepStrictEqual([...(yield* HostMemoryTestRef).known.keys()], ["db"])
        assert.strictEqual(yield* sesh("--forget", "@bd"), 1)
        assert.strictEqual((yield* OutputTestRef).err.at(-1), "sesh: bd is not known; did you mean @db?")
        assert.strictEqual(yield* sesh("--forget", "@db"), 0)
        assert.deepStrictEqual((yield* RemotesTestRef).asked, [])
      })))

  it.effect.each([["--forget"], ["--forget", "web"]])(
    "%s is wrong usage",
    (line) =>
      inWorld({ hosts: { web: {} } }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh(...line), 2)
          assert.include((yield* OutputTestRef).err[0], "usage: sesh --forget @<host>...")
          assert.strictEqual((yield* HostMemoryTestRef).known.size, 1)
        }))
  )
})
