import { assert, describe, it } from "@effect/vitest"
import { fitting, type ListedSession } from "../../src/schema/Listing.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"

const session = (index: number, command?: ReadonlyArray<string>): ListedSession => {
  const name = `s${index}` as SessionName
  const size = { cols: 80, rows: 24 }
  return {
    name,
    info: {
      name,
      id: `${index}`,
      dir: "/",
      pid: 1,
      size,
      created: 0,
      active: 0,
      clients: [],
      ...(command === undefined ? {} : { command })
    }
  }
}

const LONG = ["make", "x".repeat(100_000)]

describe("a listing for a limited answer", () => {
  it("is whole where it fits", () => {
    const all = [session(1), session(2, LONG), session(3, ["make"])]
    assert.deepStrictEqual(fitting(all, 1_000_000), all)
    assert.deepStrictEqual(fitting([], 10), [])
  })

  it("has all sessions, those with long commands without them", () => {
    const all = Array.from({ length: 100 }, (_, index) => session(index, index % 2 === 0 ? LONG : ["make"]))
    const listed = fitting(all, 100_000)
    assert.strictEqual(listed.length, 100)
    assert.isBelow(JSON.stringify(listed).length, 100_000)
    for (const [index, { info }] of listed.entries()) {
      const isLong = index % 2 === 0
      assert.deepStrictEqual(info?.command, isLong ? undefined : ["make"])
      assert.strictEqual(info?.hasLongCommand, isLong ? true : undefined)
    }
  })

  it("leaves sessions out only where nothing else helps", () => {
    const listed = fitting(Array.from({ length: 1000 }, (_, index) => session(index)), 50_000)
    assert.isAbove(listed.length, 200)
    assert.isAtMost(JSON.stringify(listed).length, 50_001)
  })
})
