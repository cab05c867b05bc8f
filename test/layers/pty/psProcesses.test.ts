import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { boundedTool } from "../../../src/layers/pty/boundedTool.ts"
import { type ProcessTools, psProcesses } from "../../../src/layers/pty/psProcesses.ts"
import { isZombie, readProcStat } from "../../../src/layers/system/procStat.ts"
import type { Foreground } from "../../../src/services/Pty.ts"
import { until } from "../../support/until.ts"

let dir = ""

beforeEach(() => {
  dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-ps-"))
})

afterEach(() => Fs.rmSync(dir, { recursive: true }))

/** A script that stands for a program of the system. */
const tool = (name: string, script: string): string => {
  const file = Path.join(dir, name)
  Fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return file
}

/** The lines that a script has written. */
const written = (name: string): ReadonlyArray<string> => {
  const file = Path.join(dir, name)
  return Fs.existsSync(file) ? Fs.readFileSync(file, "utf8").trim().split("\n") : []
}

const isAlive = (pid: number): boolean => {
  const stat = readProcStat(pid)
  return stat !== undefined && !isZombie(stat)
}

/** Unless a test says otherwise, an answer may take as long as a busy machine needs. */
const processes = (tools: ProcessTools, { answerMs = 20_000, isOpen = (): boolean => true } = {}) =>
  psProcesses(
    { pid: 501, device: "/dev/ttys003", isOpen, userPath: (path) => path.replace("/private/tmp", "/tmp") },
    tools,
    answerMs
  )

const told = (foreground: (then: (now: Foreground) => void) => void) =>
  new Promise<Foreground>((resolve) => foreground(resolve))

const PS = `case "$*" in
  *tpgid=*) echo '  501   501   600 Ss'; echo '  600   600   600 S+' ;;
  *command=*) echo "vim of $3" ;;
esac`
const LSOF = "printf 'p600\\0\\nfcwd\\0n/private/tmp/x\\0\\n'"

describe("the foreground, by ps and lsof", () => {
  it("is the command and the directory of the process that leads it", async () => {
    const { foreground } = processes({ ps: tool("ps", PS), lsof: tool("lsof", LSOF) })
    assert.deepStrictEqual(await told(foreground), { command: "vim of 600", cwd: "/tmp/x" })
  })

  it("is looked up once for all who ask at the same time", async () => {
    const { foreground } = processes({ ps: tool("ps", PS), lsof: tool("lsof", `echo asked >>"$0.log"\n${LSOF}`) })
    const all = await Promise.all([told(foreground), told(foreground), told(foreground)])
    assert.deepStrictEqual(all.map(({ cwd }) => cwd), ["/tmp/x", "/tmp/x", "/tmp/x"])
    assert.lengthOf(written("lsof.log"), 1)
  })

  it("is what was last known, in time, when lsof hangs, and lsof is not started again meanwhile", async () => {
    const hang = `[ ! -e "$0.hang" ] || { echo $$ >>"$0.log"; exec sleep 60; }\n${LSOF}`
    const { foreground } = processes({ ps: tool("ps", PS), lsof: tool("lsof", hang) }, { answerMs: 20 })
    const known = { command: "vim of 600", cwd: "/tmp/x" }
    await until("it is known", async () => (await told(foreground)).cwd !== undefined)
    Fs.writeFileSync(Path.join(dir, "lsof.hang"), "")
    await until("lsof hangs", async () => {
      assert.deepStrictEqual(await told(foreground), known)
      return written("lsof.log").length > 0
    })
    assert.deepStrictEqual([await told(foreground), await told(foreground)], [known, known])
    const hanging = written("lsof.log").map(Number)
    assert.deepStrictEqual(hanging.map(isAlive), [true])
    for (const pid of hanging) process.kill(pid, "SIGKILL")
  })

  it("is unknown without these programs, and after the terminal was closed", async () => {
    assert.deepStrictEqual(await told(processes({ ps: "/no/ps", lsof: "/no/lsof" }).foreground), {})
    const tools = { ps: tool("ps", PS), lsof: tool("lsof", LSOF) }
    assert.deepStrictEqual(await told(processes(tools, { isOpen: () => false }).foreground), {})
    assert.deepStrictEqual(await told(processes({ ...tools, lsof: "/no/lsof" }).foreground), { command: "vim of 600" })
  })
})

describe("the processes of a session, by ps", () => {
  const LISTED = `echo "$*" >>"$0.log"
echo '  501 ttys003  Ss   Sat Nov 28 15:34:35 2026'
echo '  502 ttys003  S+   Sat Nov 28 15:34:36 2026'
echo '  503 ttys003  Z    Sat Nov 28 15:34:36 2026'`

  it("are those that have its terminal and have not ended", () => {
    assert.deepStrictEqual(processes({ ps: tool("ps", LISTED), lsof: "/no" }).pids(), [501, 502])
  })

  it("once the terminal is closed are those seen before, and nobody who has their pid or the terminal's name now", () => {
    let isOpen = true
    const { pids } = processes({ ps: tool("ps", LISTED), lsof: "/no" }, { isOpen: () => isOpen })
    pids()
    isOpen = false
    tool(
      "ps",
      `echo "$*" >>"$0.log"
echo '  501 ttys003  Ss   Sat Nov 28 16:00:00 2026'
echo '  502 ??       S    Sat Nov 28 15:34:36 2026'
echo '  900 ttys003  Ss   Sat Nov 28 16:00:00 2026'`
    )
    assert.deepStrictEqual(pids(), [502])
    assert.notInclude(written("ps.log")[1], "-t")
    assert.include(written("ps.log")[1], "-p 501,502 ")
  })

  it("are the program alone where ps does not run, as long as the terminal is open", () => {
    assert.deepStrictEqual(processes({ ps: "/no/ps", lsof: "/no" }).pids(), [501])
    assert.deepStrictEqual(processes({ ps: "/no/ps", lsof: "/no" }, { isOpen: () => false }).pids(), [])
  })
})

describe("a program of the system", () => {
  const said = (file: string, patienceMs?: number) =>
    new Promise<Buffer | undefined>((resolve) => boundedTool(file, {}, patienceMs)([], resolve))

  it("may print more than is read", async () => {
    const bytes = await said(tool("flood", "exec head -c 5000000 /dev/zero"))
    assert.strictEqual(bytes!.length, 256 * 1024)
  })

  it("counts by what it printed, whatever its status", async () => {
    assert.strictEqual(String(await said(tool("partly", "echo some; exit 1"))), "some\n")
  })

  it("is killed when it does not end", async () => {
    const hang = tool("hang", `echo $$ >>"$0.log"; exec sleep 60`)
    // On a busy machine it is killed before it has begun.
    for (let ms = 50; written("hang.log").length === 0; ms *= 2) assert.isUndefined(await said(hang, ms))
    await until("it is gone", () => !written("hang.log").some((pid) => isAlive(Number(pid))))
  })

  it("runs once at a time", async () => {
    const ask = boundedTool(tool("once", `echo asked >>"$0.log"; echo done`), {})
    const both = await Promise.all([0, 1].map(() => new Promise<Buffer | undefined>((resolve) => ask([], resolve))))
    assert.deepStrictEqual(both.map((one) => one?.toString()), ["done\n", undefined])
    assert.lengthOf(written("once.log"), 1)
  })
})
