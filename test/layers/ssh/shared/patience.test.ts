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

  it("is what the user's ConnectTimeout says, shorter or longer than ours", () => {
    for (const prompts of ["interactive", "batch"] as const) {
      for (const isProxied of [true, false]) {
        for (const isAgain of [true, false]) {
          const options = { prompts, isAgain }
          // It ends with the key exchange; the login has its own time.
          const rest = { connectMs: undefined, loginMs: 120_000 }
          assert.deepStrictEqual(patienceOf(options, 60_000, isProxied), { ...rest, limitMs: 180_000 })
          assert.deepStrictEqual(patienceOf(options, 1000, isProxied), { ...rest, limitMs: 121_000 })
        }
      }
    }
  })

  it("is at most what a search has, which the user's may shorten", () => {
    const search = { connectTimeout: "2 seconds" } as const
    const rest = { loginMs: undefined, limitMs: 2000 }
    assert.deepStrictEqual(patienceOf(search, undefined, true), { connectMs: 2000, ...rest })
    assert.deepStrictEqual(patienceOf(search, 30_000, false), { connectMs: 2000, ...rest })
    assert.deepStrictEqual(patienceOf(search, 1000, false), { connectMs: 1000, ...rest })
  })

  it("is half a minute for a host that was named; with time for a person who is asked on the way", () => {
    assert.strictEqual(patienceOf(undefined, undefined, false).connectMs, 30_000)
    assert.strictEqual(patienceOf({ prompts: "batch" }, undefined, true).connectMs, 30_000)
    assert.strictEqual(patienceOf({ prompts: "interactive" }, undefined, false).connectMs, 30_000)
    assert.strictEqual(patienceOf({ prompts: "interactive" }, undefined, true).connectMs, 120_000)
  })

  it("is short for most attempts to get a lost connection back", () => {
    assert.strictEqual(patienceOf({ isAgain: true }, undefined, false).connectMs, 5000)
    assert.strictEqual(patienceOf({ isAgain: true, prompts: "batch" }, undefined, true).connectMs, 5000)
  })

  it("is as long as the first time where somebody logs in again", () => {
    const again = { isAgain: true, prompts: "interactive" } as const
    assert.strictEqual(patienceOf(again, undefined, true).connectMs, 120_000)
    assert.strictEqual(patienceOf(again, undefined, false).connectMs, 30_000)
  })
})
