import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { gunzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { addPacked, type Registry, startRegistry } from "../support/registry.ts"
import { sandbox, SESH } from "../support/sandbox.ts"
import { until } from "../support/until.ts"

const root = path.resolve(import.meta.dirname, "../..")
const PATIENCE = 180_000

let temp: string
let registry: Registry
/** What was packed: the one package of everybody, and the one for this platform. */
let packed: ReadonlyArray<string>

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const run = (file: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv, cwd = temp): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    let [out, err] = ["", ""]
    child.stdout.on("data", (bytes: Buffer) => void (out += bytes.toString()))
    child.stderr.on("data", (bytes: Buffer) => void (err += bytes.toString()))
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, out, err }))
  })

/** npm as somebody has it who never configured it; it never asks another registry. */
const npm = async (...args: ReadonlyArray<string>) => {
  const env = {
    PATH: process.env["PATH"],
    HOME: path.join(temp, "home"),
    // npm leaves what it has compiled there.
    TMPDIR: temp,
    npm_config_registry: registry.url,
    npm_config_cache: path.join(temp, "cache"),
    npm_config_update_notifier: "false"
  }
  const ended = await run("npm", args, env, args[0] === "pack" ? root : temp)
  expect(ended, `npm ${args.join(" ")}`).toMatchObject({ code: 0 })
  return ended
}

/** What Node and the packages in the executable ask to go with each copy. */
const expectLicences = (file: string) => {
  const text = readFileSync(file, "utf8")
  for (const words of ["Node.js is licensed for use as follows", "- OpenSSL, located at", "- ICU, located at"]) {
    expect(text).toContain(words)
  }
  for (const name of ["effect", "ssh2", "@xterm/headless", "fastest-levenshtein", "node-pty"]) {
    expect(text).toMatch(new RegExp(`^={80}\n(@lydell/)?${name} \\d.*\n={80}\n\n.*\\w`, "m"))
  }
  expect(text).not.toMatch(/vitest|esbuild|undefined/)
}

/** Where a global installation goes. */
const prefix = (name: string) => path.join(temp, name)

beforeAll(async () => {
  temp = realpathSync(mkdtempSync(path.join(tmpdir(), "sesh-npm-")))
  mkdirSync(path.join(temp, "home"))
  registry = await startRegistry()
  const made = await run(process.execPath, [path.join(root, "scripts/pack.mjs"), "--to", path.join(temp, "packed")], {
    ...process.env,
    TMPDIR: temp
  })
  expect(made, made.err).toMatchObject({ code: 0 })
  packed = made.out.trim().split("\n")
  for (const file of packed) addPacked(registry, file, gunzipSync)
}, PATIENCE)

afterAll(async () => {
  await registry.stop()
  rmSync(temp, { recursive: true, force: true, maxRetries: 5 })
})

describe("the npm package", () => {
  it(
    "has an executable for each platform in a package of its own, of which npm fetches the one that fits",
    async () => {
      expect(packed.map((file) => path.basename(file).replace(/-\d.*$/, ""))).toEqual([
        "sesh-sessions",
        `sesh-sessions-${process.platform}-${process.arch}`
      ])
      const { err } = await npm("install", "--global", `--prefix=${prefix("registry")}`, "sesh-sessions")
      // No script of a package runs: nothing is left for npm's allow-scripts to ask about.
      expect(err).not.toMatch(/script|deprecated|warn/)
      const sesh = path.join(prefix("registry"), "bin/sesh")
      expect(await run(sesh, ["--version"], {})).toMatchObject({ code: 0, out: "sesh 0.1.0\n" })
      // By a link to it, and with a PATH that leads nowhere.
      expect(await run(sesh, ["--version"], { PATH: "" })).toMatchObject({ code: 0, out: "sesh 0.1.0\n" })
      expect(existsSync(path.join(prefix("registry"), "share/man/man1/sesh.1"))).toBe(true)
      const modules = path.join(prefix("registry"), "lib/node_modules/sesh-sessions/node_modules")
      expectLicences(path.join(modules, `sesh-sessions-${process.platform}-${process.arch}/THIRD-PARTY-LICENSES`))
    },
    PATIENCE
  )

  it("keeps sessions, which are processes of the executable itself", async () => {
    const box = sandbox()
    const sesh = path.join(prefix("registry"), "bin/sesh")
    expect(await box.run(sesh, ["dev", "-d", "--", "sh", "-c", "echo it works; exec sleep 1000"])).toMatchObject({
      code: 0
    })
    await until("it ran", async () => (await box.run(sesh, ["--history", "dev"])).out.includes("it works"))
    const daemon = await box.daemon("dev")
    expect(readFileSync(`/proc/${daemon}/cmdline`, "utf8").split("\0")[0]).toMatch(
      /-linux-x64\/bin\/sesh$|-linux-arm64\/bin\/sesh$/
    )
    // Another installation, as of an upgrade, changes nothing for it.
    await npm("install", "--global", `--prefix=${prefix("registry")}`, "sesh-sessions")
    expect((await box.sesh(["--history", "dev"])).out).toContain("it works")
    expect(await box.run(sesh, ["--kill", "dev"])).toMatchObject({ code: 0 })
  }, PATIENCE)

  it("finds its executable beside itself too, as in a project of somebody's", async () => {
    await npm("install", `--prefix=${prefix("project")}`, "sesh-sessions")
    const sesh = path.join(prefix("project"), "node_modules/.bin/sesh")
    expect(await run(sesh, ["--version"], {})).toMatchObject({ code: 0, out: "sesh 0.1.0\n" })
    rmSync(path.join(prefix("project"), `node_modules/sesh-sessions-${process.platform}-${process.arch}`), {
      recursive: true
    })
    const { code, err, out } = await run(sesh, ["--version"], {})
    expect([code, out]).toEqual([1, ""])
    expect(err).toMatch(/^sesh: npm installed no executable for linux-\w+; install it again with --include=optional\n$/)
  }, PATIENCE)

  it("is what npm pack makes of a clone, for machines of its kind", async () => {
    await npm("pack", `--pack-destination=${temp}`)
    const archive = readdirSync(temp).find((name) => name.endsWith(".tgz"))
    await npm("install", "--global", `--prefix=${prefix("clone")}`, path.join(temp, archive!))
    const sesh = path.join(prefix("clone"), "bin/sesh")
    expect(await run(sesh, ["--version"], {})).toMatchObject({ code: 0, out: "sesh 0.1.0\n" })
    const installed = path.join(prefix("clone"), "lib/node_modules/sesh-sessions")
    expect(readFileSync(path.join(installed, "dist/sesh")).equals(readFileSync(SESH))).toBe(true)
    expectLicences(path.join(installed, "dist/THIRD-PARTY-LICENSES"))
    // All that it needs is in the executable.
    expect(existsSync(path.join(installed, "node_modules"))).toBe(false)
  }, PATIENCE)
})
