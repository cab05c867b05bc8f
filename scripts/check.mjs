/**
 * Types (with Effect's diagnostics), lint, format, the drawn map: all of them, then the verdict. `--fix` formats and
 * fixes.
 */
import { spawn } from "node:child_process"
import * as path from "node:path"
import { ensureInstalled, node26 } from "./ensure.mjs"
import { ownNodeEnv, root, runMain, say } from "./steps.mjs"

const bin = (name) => path.join(root, "node_modules", ".bin", name)

/** Output is shown in one piece when the tool ends, so that tools running together do not mix. */
const tool = (command, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: ownNodeEnv() })
    const output = []
    child.stdout.on("data", (chunk) => output.push(chunk))
    child.stderr.on("data", (chunk) => output.push(chunk))
    child.on("error", reject)
    child.on("close", (code) => resolve({ ok: code === 0, output: Buffer.concat(output) }))
  })

const types = async () => {
  // Puts the compiler that knows Effect in the place of the plain one; does nothing when it is there.
  const patch = await tool(node26, [bin("effect-tsgo"), "patch", "--typescript"])
  return patch.ok ? tool(node26, [bin("tsc"), "--project", "tsconfig.json"]) : patch
}

const check = [
  ["types", types],
  ["lint", () => tool(node26, [bin("oxlint"), "--deny-warnings"])],
  ["format", () => tool(bin("dprint"), ["check"])],
  ["map", () => tool(node26, [path.join("scripts", "architecture.mjs")])]
]

const fix = [
  ["lint", () => tool(node26, [bin("oxlint"), "--fix"])],
  ["format", () => tool(bin("dprint"), ["fmt"])],
  ["map", () => tool(node26, [path.join("scripts", "architecture.mjs"), "--write"])]
]

await runMain(async () => {
  await ensureInstalled()
  const only = process.argv.slice(2).filter((argument) => !argument.startsWith("-"))
  const steps = process.argv.includes("--fix")
    ? fix
    : check.filter(([name]) => only.length === 0 || only.includes(name))
  let failed = 0
  for (const [name, run] of steps) {
    const { ok, output } = await run()
    if (ok) {
      say(`${name}: ok`)
    } else {
      failed++
      process.stderr.write(output)
      say(`${name}: failed`)
    }
  }
  return failed === 0 ? 0 : 1
})
