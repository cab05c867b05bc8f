/**
 * Makes what is missing or stale: the packages, Node, then dist/sesh. Runs on Node 20 without packages, as
 * it is what brings them. Says what it does in a line on stderr; stdout belongs to the caller.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { runnerOf } from "./foreign.mjs"
import { licences } from "./licences.mjs"
import { ensurePlatform, here, nodeOf, platforms } from "./platform.mjs"
import {
  Failed,
  filesBelow,
  flags,
  hashFiles,
  locked,
  npmWith,
  outsideEnv,
  ownNodeEnv,
  read,
  root,
  runMain,
  step,
  writeWhole
} from "./steps.mjs"

export const executable = path.join(root, "dist", "sesh")

/** Other platforms' lie beside this one's. */
export const executableOf = (platform) => platform === here ? executable : `${executable}-${platform}`

export const manualPage = path.join(root, "dist", "sesh.1")

const modules = path.join(root, "node_modules")

/** The Node that builds, tests and is inside the executable. */
export const node26 = nodeOf(here)

const installStamp = path.join(modules, ".sesh-installed")
const buildStampOf = (platform) => `${executableOf(platform)}.stamp`

/** Scripts that decide what is built. */
const builders = [
  ...["addon", "build", "elf", "executable", "foreign", "icu", "inherited"],
  ...["licences", "machO", "man", "platform", "portable", "startCheck"]
]

/** Everything but src that decides what is built. */
const buildInputs = [
  ...["package.json", "package-lock.json", "tsconfig.json"],
  ...builders.map((name) => path.join("scripts", `${name}.mjs`)),
  ...["package.json", "package-lock.json"].map((name) => path.join("scripts", "platforms", name))
]

const sources = () => filesBelow(path.join(root, "src")).map((file) => path.relative(root, file)).toSorted()

/**
 * npm's own record of what it installed, so that a plain `npm install` counts as well. A package that is in the place
 * of another has its own name there.
 */
const lockIsInstalled = () => {
  const installed = JSON.parse(read(path.join(modules, ".package-lock.json")) ?? "null")?.packages
  if (installed === undefined) return false
  const wanted = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8")).packages
  return Object.entries(wanted).every(([key, { name, optional, version }]) =>
    key === "" || (installed[key] === undefined
      ? optional === true
      : installed[key].version === version && installed[key].name === name)
  )
}

const needsInstall = (hash) => {
  if (read(installStamp) === hash) return false
  if (!lockIsInstalled()) return true
  fs.writeFileSync(installStamp, hash)
  return false
}

const needsBuild = (hash, platform) =>
  read(buildStampOf(platform)) !== hash ||
  ![executableOf(platform), manualPage, licences].every((file) => fs.existsSync(file))

/** Nothing that is installed needs a script of its own for that: what is compiled comes compiled. */
const install = async (hash) => {
  const [command, ...before] = npmWith(node26)
  const args = ["ci", "--ignore-scripts", "--include=dev", "--include=optional", "--loglevel=error"]
  const env = command === node26 ? ownNodeEnv(outsideEnv()) : outsideEnv()
  await step("installing packages", command, [...before, ...args], { env })
  fs.writeFileSync(installStamp, hash)
}

const build = async (hash, platform) => {
  const to = executableOf(platform)
  const args = [path.join("scripts", "build.mjs"), "--platform", platform, "--to", to]
  await step(`building ${path.relative(root, to)}`, node26, args, { env: ownNodeEnv() })
  writeWhole(buildStampOf(platform), hash)
}

export const ensureInstalled = async () => {
  await ensurePlatform(here, locked)
  const hash = hashFiles(["package-lock.json"])
  if (needsInstall(hash)) await locked(() => needsInstall(hash) && install(hash))
}

export const ensureBuilt = async (platform = here) => {
  await ensureInstalled()
  // Before anything is fetched that cannot be used.
  runnerOf(platform)
  await ensurePlatform(platform, locked)
  const hash = () => hashFiles([...buildInputs, ...sources()])
  if (!needsBuild(hash(), platform)) return
  await locked(async () => {
    const now = hash()
    if (needsBuild(now, platform)) await build(now, platform)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    const usage = `npm run build [-- --platform ${platforms.join("|")}]`
    const { platform } = flags({ platform: { type: "string", default: here } }, usage)
    if (![here, ...platforms].includes(platform)) throw new Failed(`there is no platform ${platform}. Usage: ${usage}`)
    await ensureBuilt(platform)
    return 0
  })
}
