/** Where a benchmark runs: a home of its own, what its processes use, and how its results are said. */
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { readProcStat } from "../../src/layers/system/procStat.ts"

/** Processes get so long to end when they are asked to. */
const GRACE_MS = 5000

const LOOK_MS = 20

/** CPU time in /proc is in hundredths of a second, whatever the machine (USER_HZ, proc(5)). */
const TICK_MS = 10

/** Marks the processes of a home. */
const MARK = "SESH_BENCH"

/** A directory of its own for a benchmark. When its scope closes it is gone, and what runs in it. */
export interface Home {
  readonly dir: string
  readonly env: Readonly<Record<string, string>>
}

const quietly = <A>(act: () => A): A | undefined => {
  try {
    return act()
  } catch {
    // The process has ended meanwhile.
    return undefined
  }
}

const processesOf = ({ dir }: Home): ReadonlyArray<number> =>
  fs.readdirSync("/proc").filter((entry) => /^\d+$/.test(entry)).map(Number).filter((pid) =>
    pid !== process.pid &&
    quietly(() => fs.readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`${MARK}=${dir}`)) === true
  )

/** Asks processes to end, again and again as there may be new ones; who does not is killed. */
const endAll = Effect.fnUntraced(function*(pids: () => ReadonlyArray<number>) {
  for (let ms = 0, left = pids(); left.length > 0 && ms < 2 * GRACE_MS; ms += LOOK_MS, left = pids()) {
    const signal = ms < GRACE_MS ? "SIGTERM" : "SIGKILL"
    for (const pid of ms % 1000 === 0 || signal === "SIGKILL" ? left : []) quietly(() => process.kill(pid, signal))
    yield* Effect.sleep(LOOK_MS)
  }
})

/** One that has ended has no command line any more, and may stay for seconds until the system takes notice. */
const runs = (pid: number): boolean => (quietly(() => fs.readFileSync(`/proc/${pid}/cmdline`)) ?? "").length > 0

/** Ends one process. */
export const end = (pid: number): Effect.Effect<void> => endAll(() => runs(pid) ? [pid] : [])

export const home = Effect.acquireRelease(
  Effect.sync((): Home => {
    if (!fs.existsSync("/proc/self/smaps_rollup")) throw new Error("this benchmark needs Linux's /proc")
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-bench-"))
    const env = { HOME: dir, PATH: process.env["PATH"] ?? "", SHELL: "/bin/sh", TERM: "xterm-256color" }
    return { dir, env: { ...env, LANG: "C.UTF-8", PS1: "$ ", [MARK]: dir } }
  }),
  (home) =>
    Effect.ensuring(
      endAll(() => processesOf(home)),
      Effect.sync(() => fs.rmSync(home.dir, { recursive: true, force: true, maxRetries: 5 }))
    )
)

/** CPU time that a process has used, in milliseconds, by the user and by the system. */
export const cpuMs = (pid: number): number => {
  return readProcStat(pid)!.ticks * TICK_MS
}

/** Memory that a process shares with nobody, in MB: what was written to, and what of it is in no file. */
export const memory = (pid: number): { readonly dirty: number; readonly anonymous: number } => {
  const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, "latin1")
  const mb = (field: string) => Number(new RegExp(`^${field}: +(\\d+) kB`, "m").exec(text)![1]) / 1024
  return { dirty: mb("Private_Dirty"), anonymous: mb("Anonymous") }
}

/** Whether a program is on the PATH. */
export const isInstalled = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(":").some((dir) => fs.existsSync(path.join(dir, program)))

export const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN

/** A number from the environment, for shorter and for longer runs. */
export const setting = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)

/** Things in another order each round, there and back, so that nobody always follows the same one. */
export const rotated = <A>(things: ReadonlyArray<A>, round: number): ReadonlyArray<A> => {
  const at = (round >> 1) % things.length
  const turned = [...things.slice(at), ...things.slice(0, at)]
  return round % 2 === 0 ? turned : turned.toReversed()
}

/** A number as people read it; what was not measured is NaN. */
export const shown = (number: number): string => Number.isNaN(number) ? "-" : number.toFixed(number < 10 ? 2 : 1)

/** Says a table: the first column to the left, the others to the right. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): void => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))
    console.log(`  ${cells.join("  ")}`.trimEnd())
  }
}
