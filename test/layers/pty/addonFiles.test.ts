import { assert, describe, it } from "@effect/vitest"
import { helperOf, sourceDirs } from "../../../src/layers/pty/addonFiles.ts"

describe("the terminal addon", () => {
  it("has an executable beside it on macOS alone", () => {
    assert.deepStrictEqual([helperOf("darwin"), helperOf("linux")], ["spawn-helper", undefined])
  })

  it("is looked for in the package of the platform, then where npm compiles", () => {
    assert.deepStrictEqual(sourceDirs("/clone/node_modules/node-pty", "darwin", "arm64"), [
      "/clone/node_modules/@lydell/node-pty-darwin-arm64",
      "/clone/node_modules/@lydell/node-pty-darwin-arm64/prebuilds/darwin-arm64",
      "/clone/node_modules/node-pty/build/Release"
    ])
    assert.include(sourceDirs("/clone/node_modules/node-pty", "linux", "x64")[0], "/@lydell/node-pty-linux-x64")
  })
})
