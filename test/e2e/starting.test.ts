import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"

const FIFTY = 50

/** All at once; each says how it ended. */
const startFifty = async (box: Sandbox) => {
  const results = await Promise.all(Array.from({ length: FIFTY }, () => box.sesh(["dev", "-d"])))
  expect(results).toEqual(results.map(() => ({ code: 0, signal: null, out: "", err: "" })))
}

const onlyDev = async (box: Sandbox) => {
  const sessions = await box.sessions()
  expect(sessions.map(({ name }) => name)).toEqual(["dev"])
  expect(readdirSync(box.dir).filter((file) => !file.startsWith(".lock")).toSorted()).toEqual(["dev.json", "dev.sock"])
  return sessions[0]!.info.pid
}

/** Behind the time; the file says what the daemon has drawn when it began. */
const drawnBy = (box: Sandbox, name: string): string =>
  JSON.parse(readFileSync(path.join(box.dir, `${name}.json`), "utf8")).id.split("-")[1]

it("sessions draw numbers of their own, though all begin from one snapshot: none is taken for another", async () => {
  const box = sandbox()
  const names = ["one", "two", "three"]
  await Promise.all(names.map((name) => box.sesh([name, "-d"])))
  expect(new Set(names.map((name) => drawnBy(box, name))).size).toBe(names.length)
})

describe("fifty at once", () => {
  it("make one session, and it stays that one", { timeout: 120_000 }, async () => {
    const box = sandbox()
    await startFifty(box)
    const pid = await onlyDev(box)
    await startFifty(box)
    expect(await onlyDev(box)).toBe(pid)
  })

  it("make one session where a dead one left its socket", { timeout: 120_000 }, async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d"])
    process.kill(await box.daemon("dev"), "SIGKILL")
    expect(readdirSync(box.dir)).toContain("dev.sock")
    await startFifty(box)
    await onlyDev(box)
  })
})

describe("a session that is started", () => {
  it("holds nobody's pipes, whatever their number", async () => {
    const box = sandbox()
    // The result comes when every pipe is closed at its other end too.
    const stdio = Array.from(
      { length: 64 },
      (_, fd) => fd < 5 || fd === 10 || fd === 63 ? "pipe" as const : "ignore" as const
    )
    const { child, result } = box.start(["dev", "-d"], { stdio })
    expect(await result).toMatchObject({ code: 0, out: "", err: "" })
    expect(child.stdio).toHaveLength(64)
    const open = (pid: number) => readdirSync(`/proc/${pid}/fd`).map(Number).toSorted((a, b) => a - b)
    const [session] = await box.sessions()
    // bash keeps its terminal at 255 as well.
    expect(open(session!.info.pid).filter((fd) => fd > 2 && fd !== 255)).toEqual([])
    const { out } = await box.sesh([])
    expect(out).toContain("dev")
  })

  it("is not in the way of a command substitution or a pipeline", async () => {
    const box = sandbox()
    const script =
      "x=$(sesh one -d; echo done); sesh two -d | cat; exec 63> >(cat); sesh three -d; exec 63>&-; wait; echo $x"
    const { stderr, stdout } = await promisify(execFile)("bash", ["-c", script], { env: box.env, cwd: box.home })
    expect([stdout, stderr]).toEqual(["done\n", ""])
    expect((await box.sessions()).map(({ name }) => name)).toEqual(["one", "three", "two"])
  })

  it("has a terminal and a process session of its own", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d", "--", "sh", "-c", "tty > tty; ps -o sid=,pid= -p $$ > ids; exec sleep 600"])
    expect(await box.file("tty")).toMatch(/^\/dev\/pts\/\d+\n$/)
    const [sid, pid] = (await box.file("ids")).trim().split(/\s+/)
    expect(sid).toBe(pid)
  })
})

describeWith(["tmux"], "a session that is started from a terminal", () => {
  it("outlives the terminal", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh one -d; sesh two -d -- sleep 600; sesh three")
    await t.prompt("$")
    const before = await box.sessions()
    expect(before).toHaveLength(3)
    t.close()
    await box.clients("three", 0)
    const after = await box.sessions()
    expect(after.map(({ info, name }) => [name, info.pid])).toEqual(before.map(({ info, name }) => [name, info.pid]))
  })

  it("outlives Ctrl-C and Ctrl-Z where it was started", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev -d; cat")
    await box.daemon("dev")
    await box.process("cat")
    t.type("C-z")
    await t.shows("Stopped")
    t.run("fg")
    t.type("C-c")
    await t.prompt()
    t.run("sesh dev")
    await t.prompt("$")
    t.run("echo well")
    await t.shows(/^well\n\$$/m)
  })
})
