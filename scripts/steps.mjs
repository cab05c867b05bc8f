/** What the scripts of this folder share: how they speak, fail, run programs, and wait for each other. */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..")

const lockPath = path.join(root, ".ensure.lock")

/** A failure whose message is all there is to say. */
export class Failed extends Error {}

/** How a process ended, as a shell says it: its status, or 128 and the number of the signal. */
export const exitCode = (status, signal) => status ?? 128 + os.constants.signals[signal]

export const say = (message) => process.stderr.write(`sesh: ${message}\n`)

/** As package.json says, to which npm holds nobody. */
const OLDEST_NODE = 20

export const requireNode = (version = process.versions.node) => {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return
  throw new Failed(`Node ${OLDEST_NODE} or newer is needed, with its npm: this is ${version} (${process.execPath})`)
}

/** The outermost shell of a script: a `Failed` ends it in one line. */
export const runMain = async (main) => {
  try {
    requireNode()
    process.exitCode = await main()
  } catch (error) {
    if (!(error instanceof Failed)) throw error
    say(error.message)
    process.exitCode = 1
  }
}

/** The values of the flags that were given; `usage` is said when there are others. */
export const flags = (options, usage) => {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    throw new Failed(`${error.message.split(/[.\n]/)[0]}. Usage: ${usage}`)
  }
}

/** A file's text, or undefined. */
export const read = (file) => {
  try {
    return fs.readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

/** What those have left that were ended in the middle, by its beginning. For the one that nobody runs beside. */
export const removeLeft = (dir, beginning) => {
  for (const name of fs.readdirSync(dir)) {
    if (name.startsWith(beginning)) fs.rmSync(path.join(dir, name), { recursive: true, force: true })
  }
}

/** A hash of files, by their paths from the root, and of the platform that this is. */
export const hashFiles = (files) => {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}\n`)
  for (const file of files) {
    const bytes = fs.readFileSync(path.join(root, file))
    hash.update(`${file} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest("hex")
}

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

/** Runs a step with its chatter held back, and shows it only if the step fails. */
export const step = (what, command, args, options) => {
  const begin = Date.now()
  say(`${what} …`)
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 26,
    ...options
  })
  if (result.error !== undefined) throw new Failed(`${what} failed: ${result.error.message}`)
  if (result.status !== 0) {
    process.stderr.write(result.stdout)
    process.stderr.write(result.stderr)
    throw new Failed(`${what} failed: ${command} ${result.signal ?? `exited with ${result.status}`}`)
  }
  say(`${what}: done in ${seconds(begin)}`)
}

/** What npm puts before the PATH of a script: the programs of the packages that are here, and those of node-gyp. */
const isNpms = (dir) => dir === path.join(root, "node_modules", ".bin") || dir.includes(`${path.sep}node-gyp-bin`)

/** For an npm that an npm script runs: nothing of that script, and nothing of node_modules on its PATH. */
export const outsideEnv = (env = process.env) => {
  const kept = Object.entries(env).filter(([key]) =>
    !/^(npm_(lifecycle|package|command|execpath|node_execpath).*|NODE|INIT_CWD)$/.test(key)
  )
  const dirs = (env.PATH ?? "").split(path.delimiter).filter((dir) => !isNpms(dir))
  return { ...Object.fromEntries(kept), PATH: dirs.join(path.delimiter) }
}

/** For our own Node, which may refuse the options that the user's takes. */
export const ownNodeEnv = () => {
  const env = { ...process.env }
  delete env.NODE_OPTIONS
  return env
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
export const locked = (body) => {
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
