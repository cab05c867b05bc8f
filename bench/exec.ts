/** What it costs to run a command in a session: a session is made, ends, and its status comes back. Medians of whole processes. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { median } from "./support/machine.ts"

const RUNS = 21

const root = path.resolve(import.meta.dirname, "..")
const sesh = path.join(root, "dist/sesh")
const node = path.join(root, "node_modules/node/bin/node")
const home = mkdtempSync(path.join(tmpdir(), "sesh-bench-"))
const env = { HOME: home, PATH: process.env["PATH"], SHELL: "/bin/sh", TERM: "xterm-256color" }

const run = ([file, ...args]: ReadonlyArray<string>): number => {
  const begin = performance.now()
  const { status, stderr } = spawnSync(file!, args, { env, cwd: home })
  const ms = performance.now() - begin
  if (status !== 0) throw new Error(`${file}: ${stderr}`)
  return ms
}

const commands: Readonly<Record<string, ReadonlyArray<string>>> = {
  "sh -c true": ["sh", "-c", "true"],
  "node -e 0": [node, "-e", "0"],
  "sesh --exec x -- true": [sesh, "--exec", "x", "--", "true"],
  "sesh --exec x --print -- true": [sesh, "--exec", "x", "--print", "--", "true"]
}
const times = new Map(Object.keys(commands).map((name) => [name, [] as Array<number>]))
for (let round = -2; round < RUNS; round++) {
  for (const [name, command] of Object.entries(commands)) {
    const ms = run(command)
    // The first rounds warm the file cache.
    if (round >= 0) times.get(name)!.push(ms)
  }
}
rmSync(home, { recursive: true, force: true })

const base = median(times.get("node -e 0")!)
const least = median(times.get("sh -c true")!)
console.log(`a command in a session, medians of ${RUNS}`)
for (const [name, all] of times) {
  const ms = median(all)
  console.log(
    `  ${name.padEnd(30)} ${ms.toFixed(1).padStart(6)} ms  ${(ms / base).toFixed(2)} x node, ${
      (ms - least).toFixed(1)
    } ms over sh`
  )
}
