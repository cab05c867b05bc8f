import { assert, describe, it } from "@effect/vitest"
import { badPath } from "../../src/layers/ssh/shared/socketPath.ts"
import { socketPathLimit } from "../../src/schema/SocketPath.ts"

const pathOf = (bytes: number): string => `/${"x".repeat(bytes - 1)}`

describe("the longest path of a socket", () => {
  it("is shorter on macOS", () => {
    assert.deepStrictEqual(["linux", "darwin"].map(socketPathLimit), [107, 103])
  })

  it("on a host of which nothing is known is what a Linux host may have: none of its sessions is shut out", () => {
    const limit = socketPathLimit("linux")
    assert.isUndefined(badPath(pathOf(limit)))
    assert.include(badPath(pathOf(limit + 1))?.message, `${limit} bytes at the most`)
  })
})
