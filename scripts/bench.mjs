/** Runs the benchmarks: all of them, or those that are named (`npm run bench -- startup`). */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { ensureBuilt, ensureInstalled, Failed, node26, root, runMain } from "./ensure.mjs"

const known = fs.readdirSync(path.join(root, "bench"))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.slice(0, -3))

await runMain(async () => {
  const names = process.argv.slice(2)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Failed(`there is no benchmark ${unknown}, only ${known.join(", ")}`)
  await ensureInstalled()
  await ensureBuilt()
  for (const name of names.length === 0 ? known : names) {
    const { status } = spawnSync(node26, [path.join(root, "bench", `${name}.ts`)], { stdio: "inherit" })
    if (status !== 0) throw new Failed(`benchmark ${name} failed`)
  }
})
