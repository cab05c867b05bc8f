import { assert, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { isZombie, readProcStat } from "../../../src/layers/system/procStat.ts"

it("a program's name may look like the fields behind it", async () => {
  const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-stat-"))
  const file = Path.join(dir, "a) Z 1 (b) T 2")
  Fs.copyFileSync("/bin/cat", file)
  const child = spawn(file, { detached: true })
  try {
    child.stdin.write("it runs\n")
    await once(child.stdout, "data")
    const stat = readProcStat(child.pid!)!
    assert.deepInclude(stat, { parent: process.pid, group: child.pid!, session: child.pid!, terminal: 0 })
    assert.include(["R", "S"], stat.state)
    assert.isFalse(isZombie(stat))
    assert.notStrictEqual(stat.start, "")
  } finally {
    child.stdin.end()
    await once(child, "exit")
    Fs.rmSync(dir, { recursive: true })
  }
  assert.isUndefined(readProcStat(child.pid!))
})
