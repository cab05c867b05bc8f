import { assert, describe, it } from "@effect/vitest"
import { cacheDirOf, usableXdg } from "../../../src/layers/system/cacheDirectory.ts"

describe("the user's directory for what can be made again", () => {
  it("is where each platform has such directories, or where XDG_CACHE_HOME says", () => {
    const home = "/Users/me"
    assert.strictEqual(cacheDirOf("darwin", { home, xdg: undefined }), "/Users/me/Library/Caches/sesh")
    assert.strictEqual(cacheDirOf("linux", { home, xdg: undefined }), "/Users/me/.cache/sesh")
    for (const platform of ["darwin", "linux"]) assert.strictEqual(cacheDirOf(platform, { home, xdg: "/c" }), "/c/sesh")
  })

  it("is not where an XDG variable is empty or relative", () => {
    for (const given of [undefined, "", "relative"]) assert.isUndefined(usableXdg(given, 1000))
    assert.strictEqual(usableXdg("/c", 1000), "/c")
  })
})
