import { assert, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { isOurs, isWritableByOthers } from "../../../src/layers/system/ownership.ts"
import { readFileUpTo, readSmallFile } from "../../../src/layers/system/wholeFile.ts"

it("a file is read up to a limit, and nothing else is waited for", () => {
  const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-file-"))
  try {
    const path = (name: string) => Path.join(dir, name)
    Fs.writeFileSync(path("file"), "äöü")
    Fs.symlinkSync("file", path("link"))
    spawnSync("mkfifo", [path("fifo")])
    assert.strictEqual(readFileUpTo(path("file"), 6)?.toString(), "äöü")
    assert.isUndefined(readFileUpTo(path("file"), 5))
    assert.strictEqual(readFileUpTo(path("link"), 6)?.toString(), "äöü")
    for (const name of ["fifo", "."]) assert.isUndefined(readFileUpTo(path(name), 6))
    assert.throws(() => readFileUpTo(path("none"), 6), /ENOENT/)
    assert.strictEqual(readSmallFile(path("file"), 6), "äöü")
    assert.strictEqual(readSmallFile(path("file"), 5), "")
    assert.throws(() => readSmallFile(path("link"), 6), /ELOOP/)
  } finally {
    Fs.rmSync(dir, { recursive: true })
  }
})

it("what others can write to is not ours alone", () => {
  assert.isTrue(isOurs({ uid: 7, mode: 0o100755 }, 7))
  assert.isFalse(isOurs({ uid: 8, mode: 0o100755 }, 7))
  for (const mode of [0o775, 0o757, 0o722]) {
    assert.isTrue(isWritableByOthers({ mode }))
    assert.isFalse(isOurs({ uid: 7, mode }, 7))
  }
})
