import { assert, describe, it } from "@effect/vitest"
import { ownTimeoutMs, patienceOf } from "../../../../src/layers/ssh/shared/patience.ts"

describe("how long a host may take", () => {
  it.each([
    ["7", 7000],
    ["1m30s", 90_000],
    ["2H", 7_200_000],
    ["0", undefined],
    ["none", undefined],
    ["soon", undefined],
    [undefined, undefined]
  ])("ConnectTimeout %s is %s ms", (written, ms) => {
    assert.strictEqual(ownTimeoutMs(written), ms)
  })

  it("is what the user's ConnectTimeout says, shorter or longer than five seconds", () => {
    for (const prompts of ["interactive", "batch"] as const) {
      for (const isProxied of [true, false]) {
        assert.deepStrictEqual(patienceOf({ prompts }, 30_000, isProxied), { connectMs: undefined, limitMs: 30_000 })
        // It ends with the key exchange; the login is not in it.
        assert.deepStrictEqual(patienceOf({ prompts }, 1000, isProxied), { connectMs: undefined, limitMs: 5000 })
      }
    }
  })

  it("is at most what a search has, which the user's may shorten", () => {
    const search = { connectTimeout: "2 seconds" } as const
    assert.deepStrictEqual(patienceOf(search, undefined, true), { connectMs: 2000, limitMs: 2000 })
    assert.deepStrictEqual(patienceOf(search, 30_000, false), { connectMs: 2000, limitMs: 2000 })
    assert.deepStrictEqual(patienceOf(search, 1000, false), { connectMs: 1000, limitMs: 2000 })
  })

  it("is five seconds otherwise; with time for a person who is asked on the way", () => {
    assert.strictEqual(patienceOf(undefined, undefined, false).connectMs, 5000)
    assert.strictEqual(patienceOf({ prompts: "batch" }, undefined, true).connectMs, 5000)
    assert.strictEqual(patienceOf({ prompts: "interactive" }, undefined, false).connectMs, 5000)
    assert.strictEqual(patienceOf({ prompts: "interactive" }, undefined, true).connectMs, 120_000)
  })
})
