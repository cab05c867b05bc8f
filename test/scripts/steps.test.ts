import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { npmWith, outsideEnv, removeLeft, requireNode } from "../../scripts/steps.mjs"
import { until } from "../support/until.ts"

const root = path.resolve(import.meta.dirname, "../..")

it("an npm of its own has nothing of the npm that runs a script, and the user's PATH", () => {
  const users = [`${root}-tools/bin`, `${root}/bin`, "/usr/bin"]
  const npms = [
    `${root}/node_modules/.bin`,
    "/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin"
  ]
  const env = {
    ...{ PATH: [...npms, ...users].join(":"), HOME: "/home/me", npm_config_registry: "http://here" },
    ...{ NODE: "/usr/bin/node", INIT_CWD: root, npm_lifecycle_event: "start", npm_package_json: "x" }
  }
  expect(outsideEnv(env)).toEqual({ PATH: users.join(":"), HOME: "/home/me", npm_config_registry: "http://here" })
})

it("what an end in the middle has left goes", () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-left-"))
  try {
    for (const name of [".build-abc", ".build-def", "platforms", ".builds"]) fs.mkdirSync(path.join(dir, name))
    fs.writeFileSync(path.join(dir, ".build-abc", "sesh"), "half of it")
    removeLeft(dir, ".build-")
    expect(fs.readdirSync(dir).toSorted()).toEqual([".builds", "platforms"])
  } finally {
    fs.rmSync(dir, { recursive: true })
  }
})

it("an older Node is told so", () => {
  const { engines } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"))
  expect(engines).toEqual({ node: ">=20" })
  expect(() => requireNode("18.19.1")).toThrow(/^Node 20 or newer is needed, with its npm: this is 18\.19\.1 \(\//)
  for (const version of ["20.0.0", "26.10.0", "100.1.2"]) requireNode(version)
})

it("npm runs on a Node that every package takes", () => {
  const { packages } = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8"))
  const engines = (name: string) => packages[`node_modules/${name}`].engines.node
  expect(["@oxlint/binding-linux-x64-gnu", "@rolldown/binding-linux-x64-gnu"].map(engines)).toEqual([
    "^20.19.0 || >=22.12.0",
    "^20.19.0 || >=22.12.0"
  ])
  const cli = "/usr/lib/node_modules/npm/bin/npm-cli.js"
  for (const old of ["20.0.0", "20.18.3", "21.7.0", "22.11.0"]) {
    expect(npmWith("/our/node", old, cli)).toEqual(["/our/node", cli])
    // Another program than npm runs the script, or none.
    expect(npmWith("/our/node", old, "/usr/lib/yarn.js")).toEqual(["npm"])
    expect(npmWith("/our/node", old, "")).toEqual(["npm"])
  }
  for (const taken of ["20.19.0", "22.12.0", "23.0.0", "26.10.0"]) {
    expect(npmWith("/our/node", taken, cli)).toEqual(["npm"])
  }
})

/** Logs that it runs; told to end, it does so when there is a file `go`. */
const PROGRAM = `
const fs = require("node:fs")
const log = (line) => fs.appendFileSync("log", line + " ")
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => log("told"))
log("begun")
if (fs.existsSync("go")) process.exit()
setInterval(() => {
  if (fs.existsSync("go")) log("cleared")
  if (fs.existsSync("go") || !fs.existsSync("log")) process.exit(1)
}, 10)
`

const SCRIPT = `
import { locked, runMain, step } from "./steps.mjs"
await runMain(async () => {
  await locked(() => step("working", process.execPath, ["-e", ${JSON.stringify(PROGRAM)}]))
  return 0
})
`

describe("a script that is ended", () => {
  let dir = ""

  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-steps-"))
    fs.mkdirSync(path.join(dir, "scripts"))
    fs.copyFileSync(path.join(root, "scripts/steps.mjs"), path.join(dir, "scripts/steps.mjs"))
    fs.writeFileSync(path.join(dir, "scripts", "script.mjs"), SCRIPT)
  })

  afterEach(() => fs.rmSync(dir, { recursive: true }))

  const logged = () => {
    const file = path.join(dir, "log")
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim().split(" ") : []
  }

  const start = () => {
    const child = spawn(process.execPath, [path.join(dir, "scripts", "script.mjs")], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    const said = { err: "" }
    child.stderr.on("data", (bytes: Buffer) => void (said.err += String(bytes)))
    const status = new Promise((resolve) => void child.once("exit", (code, signal) => resolve(code ?? signal)))
    return { child, said, status }
  }

  it.each([["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const)(
    "by %s ends when what it runs has ended, and the next one waits for that",
    async (signal, code) => {
      const first = start()
      await until("the first runs", () => logged().includes("begun"))
      first.child.kill(signal)
      await until("its program knows", () => logged().includes("told"))
      const second = start()
      await until("the second waits", () => second.said.err.includes("waiting for another build"))
      expect([first.child.exitCode, logged()]).toEqual([null, ["begun", "told"]])
      fs.writeFileSync(path.join(dir, "go"), "")
      expect([await first.status, await second.status]).toEqual([code, 0])
      expect(first.said.err).toBe(`sesh: working …\nsesh: working: ended by ${signal}\n`)
      expect(logged()).toEqual(["begun", "told", "cleared", "begun"])
      expect(fs.readdirSync(dir).toSorted()).toEqual(["go", "log", "scripts"])
    }
  )

  it("by SIGKILL leaves a program that the next one waits for", async () => {
    const first = start()
    await until("the first runs", () => logged().includes("begun"))
    first.child.kill("SIGKILL")
    expect(await first.status).toBe("SIGKILL")
    const second = start()
    await until("the second waits", () => second.said.err.includes("waiting for another build"))
    expect(logged()).toEqual(["begun"])
    fs.writeFileSync(path.join(dir, "go"), "")
    expect(await second.status).toBe(0)
    expect(logged()).toEqual(["begun", "cleared", "begun"])
  })

  it("by the system says why in a line", async () => {
    fs.writeFileSync(
      path.join(dir, "scripts", "script.mjs"),
      "import { readFileSync } from \"node:fs\"\nimport { runMain } from \"./steps.mjs\"\nawait runMain(() => readFileSync(\"/no\"))"
    )
    const { said, status } = start()
    expect([await status, said.err]).toEqual([1, "sesh: ENOENT: no such file or directory, open '/no'\n"])
  })
})
