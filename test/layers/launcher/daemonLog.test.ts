import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { removeEmptyLog } from "../../../src/layers/launcher/daemonLog.ts"

let dir = ""
let fd = -1

beforeEach(() => {
  dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-log-"))
  fd = Fs.openSync(Path.join(dir, "dev.log"), "a")
})

afterEach(() => {
  Fs.closeSync(fd)
  Fs.rmSync(dir, { recursive: true })
})

const files = () => Fs.readdirSync(dir).toSorted()

describe.each([
  { system: "Linux tells the descriptor's path", remove: () => removeEmptyLog(undefined, fd) },
  { system: "macOS does not", remove: () => removeEmptyLog(Path.join(dir, "dev.log"), fd, () => undefined) }
])("an empty log, where $system", ({ remove }) => {
  it("is removed", () => {
    remove()
    assert.deepStrictEqual(files(), [])
  })

  it("stays when something was written to it", () => {
    Fs.writeSync(fd, "crashed\n")
    remove()
    assert.deepStrictEqual(files(), ["dev.log"])
  })

  it("stays when another file has its name by now", () => {
    Fs.renameSync(Path.join(dir, "dev.log"), Path.join(dir, "old"))
    Fs.writeFileSync(Path.join(dir, "dev.log"), "")
    remove()
    assert.deepStrictEqual(files(), ["dev.log", "old"])
  })
})

it("nothing is removed where nobody knows the log", () => {
  removeEmptyLog(undefined, fd, () => undefined)
  assert.deepStrictEqual(files(), ["dev.log"])
})
