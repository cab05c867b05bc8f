/**
 * Makes what is missing or stale: the packages, then dist/sesh. Runs on Node 20 without packages, as
 * it is what brings them. Says what it does in a line on stderr; stdout belongs to the caller.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..")
export const executable = path.join(root, "dist", "sesh")
export const manualPage = path.join(root, "dist", "sesh.1")

const modules = path.join(root, "node_modules")

/** The Node of the npm package `node`: what builds, tests and is inside the executable. */
export const node26 = path.join(modules, "node", "bin", "node")

const installStamp = path.join(modules, ".sesh-installed")
const buildStamp = path.join(root, "dist", "sesh.stamp")
const lockPath = path.join(root, ".ensure.lock")

/** Everything but src that decides what is built. */
const buildInputs = ["package.json", "package-lock.json", "tsconfig.json", "scripts/build.mjs", "scripts/man.mjs"]

/** A failure whose message is all there is to say. */
export class Failed extends Error {}

/** How a process ended, as a shell says it: its status, or 128 and the number of the signal. */
export const exitCode = (status, signal) => status ?? 128 + os.constants.signals[signal]

export const say = (message) => process.stderr.write(`sesh: ${message}\n`)

/** The outermost shell of a script: a `Failed` ends it in one line. */
export const runMain = async (main) => {
  try {
    process.exitCode = await main()
  } catch (error) {
    if (!(error instanceof Failed)) throw error
    say(error.message)
    process.exitCode = 1
  }
}

const read = (file) => {
  try {
    return fs.readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

const hashFiles = (files) => {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}\n`)
  for (const file of files) {
    const bytes = fs.readFileSync(path.join(root, file))
    hash.update(`${file} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest("hex")
}

const sources = () =>
  fs.readdirSync(path.join(root, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)))
    .toSorted()

/** npm's own record of what it installed, so that a plain `npm install` counts as well. */
const lockIsInstalled = () => {
  const installed = JSON.parse(read(path.join(modules, ".package-lock.json")) ?? "null")?.packages
  if (installed === undefined) return false
  const wanted = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8")).packages
  return Object.entries(wanted).every(([name, { optional, version }]) =>
    name === "" || (installed[name] === undefined ? optional === true : installed[name].version === version)
  )
}

const needsInstall = (hash) => {
  if (!fs.existsSync(node26)) return true
  if (read(installStamp) === hash) return false
  if (!lockIsInstalled()) return true
  fs.writeFileSync(installStamp, hash)
  return false
}

const needsBuild = (hash) => read(buildStamp) !== hash || ![executable, manualPage].every((file) => fs.existsSync(file))

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

/** Runs a step with its chatter held back, and shows it only if the step fails. */
const step = (what, command, args, env) => {
  const begin = Date.now()
  say(`${what} …`)
  const result = spawnSync(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26 })
  if (result.error !== undefined) throw new Failed(`${what} failed: ${result.error.message}`)
  if (result.status !== 0) {
    process.stderr.write(result.stdout)
    process.stderr.write(result.stderr)
    throw new Failed(`${what} failed: ${command} ${result.signal ?? `exited with ${result.status}`}`)
  }
  say(`${what}: done in ${seconds(begin)}`)
}

/**
 * `npm ci` removes node_modules, and inside an npm script `node` is the one in there: it must run on
 * the machine's own.
 */
const outsideEnv = () => {
  const env = {}
  for (const [key, value] of Object.entries(process.env)) {
    if (/^(npm_(lifecycle|package|command|execpath|node_execpath).*|NODE|INIT_CWD)$/.test(key)) continue
    env[key] = value
  }
  env.PATH = (env.PATH ?? "").split(path.delimiter)
    .filter((dir) => !dir.startsWith(root) && !dir.includes(`${path.sep}node-gyp-bin`))
    .join(path.delimiter)
  return env
}

/**
 * Where the machine's Node has its headers, as most of its packages do: then node-gyp has nothing to download. node-pty
 * asks for Node-API alone, so headers of an older Node serve the one in node_modules too.
 */
const ownHeaders = (searchPath) => {
  const found = searchPath.split(path.delimiter)
    .map((dir) => path.join(dir, "node"))
    .find((file) => fs.existsSync(file))
  if (found === undefined) return undefined
  const prefix = path.resolve(path.dirname(fs.realpathSync(found)), "..")
  const needed = ["node_api.h", "common.gypi", "config.gypi"]
  return needed.every((name) => fs.existsSync(path.join(prefix, "include", "node", name))) ? prefix : undefined
}

const withHeaders = (env) => {
  const prefix = ownHeaders(env.PATH)
  return prefix === undefined || env.npm_config_nodedir ? env : { ...env, npm_config_nodedir: prefix }
}

const install = (hash) => {
  step("installing packages", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], withHeaders(outsideEnv()))
  if (!fs.existsSync(node26)) {
    throw new Failed(
      "the package `node` brought no Node: did npm skip install scripts? (see allowScripts in package.json)"
    )
  }
  fs.writeFileSync(installStamp, hash)
}

const build = (hash) => {
  step("building dist/sesh", node26, [path.join("scripts", "build.mjs")], process.env)
  fs.writeFileSync(`${buildStamp}.${process.pid}`, hash)
  fs.renameSync(`${buildStamp}.${process.pid}`, buildStamp)
}

const alive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === "EPERM"
  }
}

const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

/** One at a time: two `npm ci` in one tree destroy each other. The lock of a dead process is taken over. */
const locked = (body) => {
  const mine = `${lockPath}.${process.pid}`
  fs.writeFileSync(mine, String(process.pid))
  let waiting = false
  for (;;) {
    try {
      // link(2) makes the lock appear with its owner already written.
      fs.linkSync(mine, lockPath)
      break
    } catch (error) {
      if (error.code !== "EEXIST") throw error
      const owner = Number(read(lockPath))
      if (owner > 0 && !alive(owner)) {
        fs.rmSync(lockPath, { force: true })
        continue
      }
      if (!waiting) say(`waiting for another build (process ${owner}, ${path.basename(lockPath)}) …`)
      waiting = true
      sleep(100)
    }
  }
  fs.rmSync(mine)
  const release = () => fs.rmSync(lockPath, { force: true })
  process.once("exit", release)
  try {
    return body()
  } finally {
    process.removeListener("exit", release)
    release()
  }
}

export const ensureInstalled = () => {
  const hash = hashFiles(["package-lock.json"])
  if (needsInstall(hash)) locked(() => needsInstall(hash) && install(hash))
}

export const ensureBuilt = () => {
  ensureInstalled()
  const hash = () => hashFiles([...buildInputs, ...sources()])
  if (!needsBuild(hash())) return
  locked(() => {
    const now = hash()
    if (needsBuild(now)) build(now)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(() => {
    ensureBuilt()
    return 0
  })
}
