/** Whole processes that take turns in one run, so that a machine that changes its pace changes it for all. */
import { spawnSync } from "node:child_process"
import * as path from "node:path"
import { type Home, median, rotated } from "./machine.ts"

const root = path.resolve(import.meta.dirname, "../..")

export const SESH = path.join(root, "dist/sesh")

/** An empty program of the Node that is in sesh: what there is nothing below. */
export const EMPTY_NODE: ReadonlyArray<string> = [process.execPath, "-e", "0"]

/** The first rounds warm the file cache. */
const WARMING = 2

/** Runs a command to its end: milliseconds. One that fails ends the benchmark. */
export const run = ({ dir, env }: Home, [file, ...args]: ReadonlyArray<string>): number => {
  const begin = performance.now()
  const { error, status, stderr } = spawnSync(file!, args, { env, cwd: dir })
  const ms = performance.now() - begin
  if (status !== 0) throw new Error(`${[file, ...args].join(" ")}: ${error?.message ?? stderr}`)
  return ms
}

/** Milliseconds of each command, by its name: medians of so many runs. */
export const takeTurns = (
  home: Home,
  runs: number,
  commands: Readonly<Record<string, ReadonlyArray<string>>>
): ReadonlyMap<string, number> => {
  const times = new Map(Object.keys(commands).map((name) => [name, [] as Array<number>]))
  for (let round = -WARMING; round < runs; round++) {
    for (const [name, command] of rotated(Object.entries(commands), round + WARMING)) {
      const ms = run(home, command)
      if (round >= 0) times.get(name)!.push(ms)
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]))
}
