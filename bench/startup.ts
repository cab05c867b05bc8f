/**
 * How long sesh takes to start and end, against an empty program of the same Node. Commands take turns in one run, so
 * that a machine that changes its pace changes it for all; medians of whole processes.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"

const RUNS = 41
const SESSIONS = 10

const root = path.resolve(import.meta.dirname, "..")
const sesh = path.join(root, "dist/sesh")
const node = path.join(root, "node_modules/node/bin/node")

const home = mkdtempSync(path.join(tmpdir(), "sesh-bench-"))
const env = { HOME: home, PATH: process.env["PATH"], SHELL: "/bin/sh", TERM: "xterm-256color" }

const run = (command: ReadonlyArray<string>): number => {
  const begin = process.hrtime.bigint()
  const { status, stderr } = spawnSync(command[0]!, command.slice(1), { env, cwd: home })
  const ms = Number(process.hrtime.bigint() - begin) / 1e6
  if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`)
  return ms
}

const median = (numbers: ReadonlyArray<number>): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!

const names = Array.from({ length: SESSIONS }, (_, index) => `bench-${index}`)
for (const name of names) run([sesh, name, "-d"])

const commands = {
  "node -e 0": [node, "-e", "0"],
  "sesh --version": [sesh, "--version"],
  [`sesh (${SESSIONS} sessions)`]: [sesh],
  "sesh --names": [sesh, "--names"],
  "sesh --help": [sesh, "--help"]
}
const times = new Map(Object.keys(commands).map((name) => [name, [] as Array<number>]))
for (let round = -2; round < RUNS; round++) {
  for (const [name, command] of Object.entries(commands)) {
    const ms = run(command)
    // The first rounds warm the file cache.
    if (round >= 0) times.get(name)!.push(ms)
  }
}
run([sesh, "--kill", ...names])
rmSync(home, { recursive: true, force: true })

const base = median(times.get("node -e 0")!)
console.log(`start-up, medians of ${RUNS}`)
for (const [name, all] of times) {
  const ms = median(all)
  console.log(`  ${name.padEnd(20)} ${ms.toFixed(1).padStart(6)} ms  ${(ms / base).toFixed(2)} x`)
}
