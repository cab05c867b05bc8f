import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, readdirSync, readlinkSync } from "node:fs"
import { createServer } from "node:net"
import * as path from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { type Sandbox, sandbox, SESH } from "../support/sandbox.ts"

/** Longer than the rehearsal takes while the executable is built: a time remembered from it would be over. */
const STOPPED_MS = 5000
/** After its event loop was made: some before the program runs, some while it does. */
const STOPPED_AT_MS = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 25, 30]

const hasEventLoop = (pid: number) => {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) =>
      readlinkSync(`/proc/${pid}/fd/${fd}`) === "anon_inode:[eventpoll]"
    )
  } catch {
    return false
  }
}

/** Without a turn of our own event loop in between, which could be too late. */
const startAndStop = (box: Sandbox, afterMs: number) => {
  const child = spawn(SESH, ["--json"], { env: box.env, stdio: ["ignore", "pipe", "ignore"] })
  while (!hasEventLoop(child.pid!));
  for (const end = performance.now() + afterMs; performance.now() < end;);
  child.kill("SIGSTOP")
  return child
}

const printed = async (child: ChildProcess) => {
  const out: Array<Buffer> = []
  child.stdout!.on("data", (bytes: Buffer) => void out.push(bytes))
  const code = await new Promise((resolve) => child.once("close", resolve))
  return { code, sessions: JSON.parse(Buffer.concat(out).toString()).sessions }
}

it("on a machine that takes seconds to start it, sesh still knows when it has waited enough", async () => {
  const box = sandbox()
  mkdirSync(box.dir, { mode: 0o700 })
  const mute = createServer(() => {}).listen(path.join(box.dir, "mute.sock"))
  onTestFinished(() => void mute.close())
  const children = STOPPED_AT_MS.map((ms) => startAndStop(box, ms))
  const ends = children.map(printed)
  await new Promise((resolve) => setTimeout(resolve, STOPPED_MS))
  for (const child of children) child.kill("SIGCONT")
  const expected = { code: 0, sessions: [{ name: "mute", problem: expect.any(String) }] }
  expect(await Promise.all(ends)).toMatchObject(ends.map(() => expected))
})
