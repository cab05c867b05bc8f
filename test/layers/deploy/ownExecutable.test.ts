import { assert, it } from "@effect/vitest"
import * as Fs from "node:fs"
import { runningFile } from "../../../src/layers/deploy/ownExecutable.ts"

it("the running file is the kernel's on Linux, whatever its path has now, and the path's on macOS", () => {
  assert.strictEqual(runningFile("darwin", "/Users/me/.local/bin/sesh"), "/Users/me/.local/bin/sesh")
  assert.strictEqual(Fs.realpathSync(runningFile("linux", "/no/such/file")), Fs.realpathSync(process.execPath))
})
