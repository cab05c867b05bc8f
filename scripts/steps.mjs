/** What the scripts of this folder share: how they speak, fail, run programs, and wait for each other. */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { isatty } from "node:tty"
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

/** The end by a signal, when what was begun has been cleared away. */
class Ended extends Error {
  constructor(what, signal) {
    super(`${what}: ended by ${signal}`)
    this.status = exitCode(null, signal)
  }
}

/** The outermost shell of a script: a failure, be it the system's, ends it in one line. */
export const runMain = async (main) => {
  try {
    requireNode()
    process.exitCode = await main()
  } catch (error) {
    const isExpected = error instanceof Failed || error instanceof Ended || error.syscall !== undefined
    if (!isExpected) throw error
    say(error.message)
    process.exitCode = error.status ?? 1
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

/** Writes a file whole, or not at all. */
export const writeWhole = (file, text) => {
  const beside = `${file}.${process.pid}`
  fs.writeFileSync(beside, text)
  fs.renameSync(beside, file)
}

/** The paths of all files in a directory and below. Node 20.0 has no `recursive` for that. */
export const filesBelow = (dir) =>
  fs.readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(dir, entry.name)
    if (entry.isDirectory()) return filesBelow(file)
    return entry.isFile() ? [file] : []
  })

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

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"]

/** How a program ended, what it printed, and the signal that this process got meanwhile, which the program gets too. */
const outcomeOf = async (child) => {
  const output = []
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => output.push(bytes))
  let received
  const pass = (signal) => {
    received = signal
    // What a terminal sends reaches all by itself.
    if (signal !== "SIGINT" || !isatty(0)) child.kill(signal)
  }
  for (const signal of ENDING) process.on(signal, pass)
  try {
    const [status, signal] = await once(child, "close")
    return { output: Buffer.concat(output), received, signal, status }
  } finally {
    for (const signal of ENDING) process.removeListener(signal, pass)
  }
}

/**
 * Runs a step with its chatter held back, and shows it only if the step fails. Whatever ends this process, the program
 * ends first, as two `npm ci` in one tree destroy each other.
 */
export const step = async (what, command, args, options) => {
  const begin = Date.now()
  say(`${what} …`)
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options })
  if (isLocked && child.pid !== undefined) fs.writeFileSync(lockPath, `${process.pid} ${child.pid}`)
  const { output, received, signal, status } = await outcomeOf(child).catch((error) => {
    throw new Failed(`${what} failed: ${error.message}`)
  })
  if (received !== undefined) throw new Ended(what, received)
  if (status !== 0) {
    process.stderr.write(output)
    throw new Failed(`${what} failed: ${command} ${signal ?? `exited with ${status}`}`)
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
export const ownNodeEnv = (env = process.env) => {
  const own = { ...env }
  delete own.NODE_OPTIONS
  return own
}

/**
 * What runs npm, `cli`. Of the packages for one platform npm leaves out, silently, what does not take the Node that it
 * runs on. vitest's and oxlint's take none before 20.19 and 22.12: npm runs on `own` then.
 */
export const npmWith = (own, version = process.versions.node, cli = process.env.npm_execpath) => {
  const [major, minor] = version.split(".").map(Number)
  const isTaken = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
  return isTaken || path.basename(cli ?? "") !== "npm-cli.js" ? ["npm"] : [own, cli]
}

const alive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === "EPERM"
  }
}

let isLocked = false

/** Who has the lock: a process, and the program that it runs. */
const owners = () => (read(lockPath) ?? "").split(" ").map(Number).filter((pid) => pid > 0)

/** One at a time. The lock of those that are dead is taken over. */
export const locked = async (body) => {
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
      const pids = owners()
      if (pids.length > 0 && !pids.some(alive)) {
        fs.rmSync(lockPath, { force: true })
        continue
      }
      if (!waiting) say(`waiting for another build (process ${pids[0]}, ${path.basename(lockPath)}) …`)
      waiting = true
      await sleep(100)
    }
  }
  fs.rmSync(mine)
  isLocked = true
  const release = () => {
    isLocked = false
    fs.rmSync(lockPath, { force: true })
  }
  process.once("exit", release)
  try {
    return await body()
  } finally {
    process.removeListener("exit", release)
    release()
  }
}
