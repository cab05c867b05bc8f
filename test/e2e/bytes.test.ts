import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { setImmediate as nextTurn } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { Comparison, type Kind, stream } from "../fixtures/stream.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { until } from "../support/until.ts"
import { wire } from "../support/wire.ts"

const MB = 1_000_000

/** A log that somebody looks at. */
const LONG = 100 * MB
const OUTPUT = 20 * MB
/** A large clipboard. */
const INPUT = 10 * MB

const kinds: ReadonlyArray<Kind> = ["random", "text"]

/** Slow machines move a few MB a second. */
const timeout = 240_000

const program = (...args: ReadonlyArray<string>) => [
  "dev",
  "--",
  process.execPath,
  path.resolve(import.meta.dirname, "../fixtures/stream.ts"),
  ...args
]

const emit = (kind: Kind, length: number) => program("emit", kind, String(length))
const absorb = (kind: Kind) => program("absorb", kind, String(INPUT), "report")

const noKey = { SESH_DETACH_KEY: "none" }

const said = (box: Sandbox) => readFileSync(path.join(box.home, "err"), "utf8")

/** Waits for the first words of a program that reads. */
const ready = () => {
  let heard = ""
  return {
    onData: (bytes: Buffer) => void (heard += bytes.toString("latin1")),
    isReady: () => until("the program reads", () => heard === "ready", () => heard)
  }
}

/** How much a process has written so far (proc_pid_io(5)); undefined once it has ended. */
const written = (pid: number): number | undefined => {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1])
  } catch {
    return undefined
  }
}

/** Waits until a program has written all that it can: it has ended, or for fifty looks it has written nothing. */
const writesNoMore = async (pid: number) => {
  let last: number | undefined
  let same = 0
  await until("the program writes no more", () => {
    const now = written(pid)
    same = now === last ? same + 1 : 0
    last = now
    return now === undefined || (now > 0 && same >= 50)
  }, () => last)
}

describe.for(kinds)("%s bytes", (kind) => {
  it("written by a program arrive at the terminal as they are", { timeout }, async () => {
    const box = sandbox()
    const comparison = new Comparison(kind, LONG)
    const { ended } = await wire(box, emit(kind, LONG), { onData: (bytes) => comparison.take(bytes) })
    expect(await ended).toEqual({ code: 0 })
    // What follows is the client's own: it leaves the terminal clean.
    expect(comparison.difference).toBe(LONG)
    expect(said(box)).toBe("[dev ended]\n")
  })

  it("written by a program arrive at a pipe as they are", { timeout }, async () => {
    const box = sandbox()
    const comparison = new Comparison(kind, OUTPUT)
    const { child, result } = box.start(emit(kind, OUTPUT))
    child.stdout!.removeAllListeners("data").on("data", (bytes: Buffer) => comparison.take(bytes))
    expect(await result).toMatchObject({ code: 0, err: "[dev ended]\n" })
    expect(comparison.verdict).toBe(`${OUTPUT} bytes, identical`)
  })

  it("written by a program arrive at two terminals as they are", { timeout }, async () => {
    const box = sandbox()
    const comparisons = [new Comparison(kind, OUTPUT), new Comparison(kind, OUTPUT)]
    // The program begins when it is told to: by then both are there.
    const command = emit(kind, OUTPUT).slice(2)
    const waiting = ["dev", "--", "sh", "-c", "stty raw -echo; head -c 1 >go; exec \"$@\"", "sh", ...command]
    const first = await wire(box, waiting, { onData: (bytes) => comparisons[0]!.take(bytes) })
    await box.clients("dev", 1)
    const second = await wire(box, ["dev"], { onData: (bytes) => comparisons[1]!.take(bytes) })
    await box.clients("dev", 2)
    await first.type([Buffer.from("!")])
    expect(await Promise.all([first.ended, second.ended])).toEqual([{ code: 0 }, { code: 0 }])
    // Random bytes ask now and then; only one of the terminals gets to see that.
    const exact = kind === "random" ? comparisons.slice(0, 1) : comparisons
    for (const { difference } of exact) expect(difference).toBe(OUTPUT)
  })

  it("typed on a terminal arrive at the program as they are", { timeout }, async () => {
    const box = sandbox()
    const { isReady, onData } = ready()
    const { ended, type } = await wire(box, absorb(kind), { env: kind === "random" ? noKey : {}, onData })
    await isReady()
    await type(stream(kind, INPUT))
    expect(await ended).toEqual({ code: 0 })
    expect(await box.file("report")).toBe(`${INPUT} bytes, identical\n`)
  })

  it("typed by a pipe arrive at the program as they are, before its end detaches", { timeout }, async () => {
    const box = sandbox()
    // The program goes on after it has read all: so the client's end is the pipe's.
    const command = absorb(kind).slice(2)
    const { child, out, result } = box.start(["dev", "--", "sh", "-c", "\"$@\"; exec sleep 600", "sh", ...command])
    await until("the program reads", () => out() === "ready", out)
    for (const bytes of stream(kind, INPUT)) {
      if (!child.stdin!.write(bytes)) await new Promise((resolve) => child.stdin!.once("drain", resolve))
    }
    child.stdin!.end()
    expect(await result).toMatchObject({ code: 0, err: "[detached from dev]\n" })
    expect(await box.file("report")).toBe(`${INPUT} bytes, identical\n`)
    expect(await box.sessions()).toMatchObject([{ name: "dev", info: { clients: [] } }])
  })
})

/** Starts sesh, and stops it after it has started the session and before it attaches. */
const startHeldUp = async (box: Sandbox, args: ReadonlyArray<string>) => {
  for (let attempt = 0; attempt < 20; attempt++) {
    const running = box.start(args)
    // Looks without a pause: it attaches some milliseconds later.
    while (!existsSync(path.join(box.dir, "dev.sock"))) await nextTurn()
    running.child.kill("SIGSTOP")
    if ((await box.sessions())[0]?.info.clients.length === 0) return running
    // It was faster than we: once more.
    running.child.kill("SIGKILL")
    await box.sesh(["--kill", "dev"])
  }
  throw new Error("sesh is always faster")
}

describe("a program that writes faster than its terminal comes", () => {
  it("is heard from its first byte on", { timeout }, async () => {
    const box = sandbox()
    const comparison = new Comparison("text", OUTPUT)
    const { child, result } = await startHeldUp(box, emit("text", OUTPUT))
    child.stdout!.removeAllListeners("data").on("data", (bytes: Buffer) => comparison.take(bytes))
    await writesNoMore((await box.sessions())[0]!.info.pid)
    child.kill("SIGCONT")
    expect(await result).toMatchObject({ code: 0, err: "[dev ended]\n" })
    expect(comparison.verdict).toBe(`${OUTPUT} bytes, identical`)
  })
})
