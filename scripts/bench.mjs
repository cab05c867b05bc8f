/**
 * Runs the benchmarks: all of them, or those that are named (`npm run bench -- startup`); `--help` says which there
 * are.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { ensureBuilt, ensureInstalled, node26 } from "./ensure.mjs"
import { Failed, ownNodeEnv, root, runMain } from "./steps.mjs"

const known = fs.readdirSync(path.join(root, "bench"))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.slice(0, -3))

/** The first sentence of what a benchmark says of itself. */
const about = (name) => {
  const text = fs.readFileSync(path.join(root, "bench", `${name}.ts`), "utf8")
  const words = /^\/\*\*([^]*?)\*\//.exec(text)?.[1].replaceAll(/\s*\n \*\s*/g, " ").trim() ?? ""
  return /^[^]*?[.:](?=\s|$)/.exec(words)?.[0].replace(/:$/, ".") ?? words
}

const help = () => {
  for (const name of known) console.log(`${name.padEnd(10)}${about(name)}`)
  console.log(`
SESH_BENCH_ROUNDS, and in some SESH_BENCH_MB, _KEYS, _HOSTS and _SESSIONS, make them shorter or longer.
remote plays its hosts in namespaces, as root, or else on the loopback (SESH_TEST_HOSTS=loopback); SESH_BENCH_PARTS=trips,cuts
makes it count round trips, and time the way back after a cut, and nothing else. deploy takes root,
and ten minutes: it waits for slow links.`)
}

await runMain(async () => {
  const names = process.argv.slice(2)
  if (names.includes("--help")) return help()
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Failed(`there is no benchmark ${unknown}, only ${known.join(", ")}`)
  await ensureInstalled()
  await ensureBuilt()
  for (const name of names.length === 0 ? known : names) {
    const file = path.join(root, "bench", `${name}.ts`)
    const { status } = spawnSync(node26, [file], { stdio: "inherit", env: ownNodeEnv() })
    if (status !== 0) throw new Failed(`benchmark ${name} failed`)
  }
})
