import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it, onTestFinished } from "vitest"
import { makeDirectories } from "../../../src/layers/system/ownDirectory.ts"

const temporary = (): string => {
  const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-own-"))
  onTestFinished(() => Fs.rmSync(dir, { recursive: true, force: true }))
  return dir
}

describe("directories", () => {
  it("are made with their parents for the user alone, and those that are there stay", () => {
    const top = temporary()
    Fs.mkdirSync(Path.join(top, "a"), { mode: 0o755 })
    for (let n = 0; n < 2; n++) makeDirectories(Path.join(top, "a/b/c"))
    const modes = ["a", "a/b", "a/b/c"].map((name) => Fs.statSync(Path.join(top, name)).mode & 0o777)
    assert.deepStrictEqual(modes, [0o755, 0o700, 0o700])
  })

  it("cannot be made in the place of a file, nor of a link that leads nowhere", () => {
    const top = temporary()
    Fs.writeFileSync(Path.join(top, "file"), "")
    Fs.symlinkSync("nowhere", Path.join(top, "link"))
    assert.throws(() => makeDirectories(Path.join(top, "file")), /EEXIST/)
    assert.throws(() => makeDirectories(Path.join(top, "link")), /EEXIST/)
    assert.throws(() => makeDirectories(Path.join(top, "file/below")), /ENOTDIR/)
  })

  it.skipIf(process.platform !== "linux")(
    "are an error where the system takes none, although the parent is there",
    () => {
      assert.throws(() => makeDirectories("/proc/sesh/below"), /ENOENT/)
    }
  )
})
