/** node-pty's addon for a platform, from the packages of @lydell/node-pty that have it compiled (docs/platforms.md). */
import * as fs from "node:fs"
import * as path from "node:path"
import { neededVersions, readElf } from "./elf.mjs"
import { problemOnMacOS } from "./machO.mjs"
import { Failed } from "./steps.mjs"

/** The glibc that Node's own executables ask for, so that of the systems that sesh is for (docs/platforms.md). */
const GLIBC = "2.28"

const isNewer = (version, than) => version.localeCompare(than, "en", { numeric: true }) > 0

/** The symbols' versions that a glibc of that age does not have. */
const unknownTo = (bytes, glibc) =>
  neededVersions(readElf(bytes))
    .flatMap(({ versions }) => versions.map(({ name }) => name))
    .filter((name) => name.startsWith("GLIBC_") && isNewer(name.slice("GLIBC_".length), glibc))

const ADDON = "pty.node"

/** Its files. macOS starts programs through the second one. */
const PARTS = { linux: [ADDON], darwin: [ADDON, "spawn-helper"] }

/** Why a file does not run on all systems that sesh is for. */
const problemWith = (platform, bytes) => {
  const [os, cpu] = platform.split("-")
  if (os === "darwin") return problemOnMacOS(cpu, bytes)
  const unknown = unknownTo(bytes, GLIBC)
  return unknown.length === 0 ? undefined : `asks for ${unknown.join(", ")}: glibc ${GLIBC} does not have it`
}

/** The folder of the package that has the addon in it: its own, or since 1.2 one for each platform. */
const folderIn = (modules, platform) => {
  const own = path.join(modules, "@lydell", `node-pty-${platform}`)
  return [own, path.join(own, "prebuilds", platform)].find((dir) => fs.existsSync(path.join(dir, ADDON)))
}

/**
 * Copies a platform's addon from a folder of installed packages. Fails when it is not there, or when it was compiled on
 * too new a system: packages of one version come from several.
 */
export const copyAddon = (platform, modules, to) => {
  const from = folderIn(modules, platform)
  if (from === undefined) throw new Failed(`npm brought no terminal addon for ${platform}`)
  for (const name of PARTS[platform.split("-")[0]]) {
    const bytes = fs.readFileSync(path.join(from, name))
    const problem = problemWith(platform, bytes)
    const part = name === ADDON ? "" : `'s ${name}`
    if (problem !== undefined) throw new Failed(`the terminal addon for ${platform}${part} ${problem}`)
    fs.writeFileSync(path.join(to, name), bytes, { mode: 0o755 })
  }
}
