import { spawnSync } from "node:child_process"
import * as path from "node:path"
import { expect, it } from "vitest"

const BUILD = "npm run build [-- --platform linux-x64|linux-arm64|darwin-x64|darwin-arm64]"
const PACK = "npm run pack [-- [--all] [--name NAME] [--to DIR]]"

it.each([
  ["ensure", ["--bogus"], `Unknown option '--bogus'. Usage: ${BUILD}`],
  ["ensure", ["linux-arm64"], `Unexpected argument 'linux-arm64'. Usage: ${BUILD}`],
  ["ensure", ["--platform", "linux-riscv64"], `there is no platform linux-riscv64. Usage: ${BUILD}`],
  ["pack", ["--al"], `Unknown option '--al'. Usage: ${PACK}`],
  ["setup", ["--nme", "x"], "Unknown option '--nme'. Usage: npm run setup [-- --name NAME]"]
])("scripts/%s.mjs %j says in one line what it takes", (script, args, said) => {
  const file = path.resolve(import.meta.dirname, `../../scripts/${script}.mjs`)
  const { status, stderr, stdout } = spawnSync(process.execPath, [file, ...args], { encoding: "utf8" })
  expect({ status, stderr, stdout }).toEqual({ status: 1, stderr: `sesh: ${said}\n`, stdout: "" })
})
