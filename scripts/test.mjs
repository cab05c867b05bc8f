/**
 * `npm test -- …`: packages, executables, vitest under the Node of the executable, and one line of counts. Built are
 * this platform's executable, and, when a test about it may run, that of another one whose programs run here.
 */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { ensureBuilt, node26 } from "./ensure.mjs"
import { mayTestOthers } from "./filters.mjs"
import { problemWith } from "./foreign.mjs"
import { here, platforms } from "./platform.mjs"
import { exitCode, ownNodeEnv, root, runMain, say } from "./steps.mjs"

const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs")

/** Adds up vitest's JSON report. A file that could not be run has no tests in it, but it has failed. */
const count = (report) => {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const { assertionResults, status } of report.testResults) {
    for (const test of assertionResults) {
      total[test.status === "passed" || test.status === "failed" ? test.status : "skipped"]++
    }
    if (status === "failed" && !assertionResults.some((test) => test.status === "failed")) total.failed++
  }
  return total
}

await runMain(async () => {
  const args = process.argv.slice(2)
  await ensureBuilt()
  const others = mayTestOthers(root, args) ? platforms.filter((platform) => platform !== here) : []
  for (const platform of others) if (problemWith(platform) === undefined) await ensureBuilt(platform)
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-test-"))
  process.once("exit", () => fs.rmSync(dir, { recursive: true, force: true }))
  const file = path.join(dir, "report.json")
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`]
  const options = { cwd: root, stdio: "inherit", env: ownNodeEnv() }
  const child = spawn(node26, [vitest, "run", ...reporters, ...args], options)
  // Ctrl-C reaches vitest by itself; its exit is then ours.
  process.on("SIGINT", () => {})
  process.on("SIGTERM", () => child.kill("SIGTERM"))
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("exit", (status, signal) => resolve(exitCode(status, signal)))
  })
  if (!fs.existsSync(file)) {
    say("vitest ended without a report")
    return code || 1
  }
  const { failed, passed, skipped } = count(JSON.parse(fs.readFileSync(file, "utf8")))
  if (passed + failed === 0) say("no test ran")
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  return code || (failed > 0 || passed === 0 ? 1 : 0)
})
