/** node-pty's addon for a platform, from the packages of @lydell/node-pty that have it compiled (docs/platforms.md). */
import * as fs from "node:fs"
import * as path from "node:path"
import { neededVersions, readElf } from "./elf.mjs"
import { Failed } from "./steps.mjs"

/** The glibc that Node's own executables ask for, so that of the systems that sesh is for (docs/platforms.md). */
const GLIBC = "2.28"

const isNewer = (version, than) => version.localeCompare(than, "en", { numeric: true }) > 0

/** The symbols' versions that a glibc of that age does not have. */
const unknownTo = (bytes, glibc) =>
  neededVersions(readElf(bytes))
    .flatMap(({ versions }) => versions.map(({ name }) => name))
    .filter((name) => name.startsWith("GLIBC_") && isNewer(name.slice("GLIBC_".length), glibc))

/** The folder of the package that has the addon in it: its own, or since 1.2 one for each platform. */
const folderIn = (modules, platform) => {
  const own = path.join(modules, "@lydell", `node-pty-${platform}`)
  return [own, path.join(own, "prebuilds", platform)].find((dir) => fs.existsSync(path.join(dir, "pty.node")))
}

/**
 * Copies a platform's addon from a folder of installed packages, and what macOS starts programs through. Fails when it
 * is not there, or when it was compiled on too new a system: packages of one version come from several.
 */
export const copyAddon = (platform, modules, to) => {
  const from = folderIn(modules, platform)
  if (from === undefined) throw new Failed(`npm brought no terminal addon for ${platform}`)
  const bytes = fs.readFileSync(path.join(from, "pty.node"))
  const unknown = platform.startsWith("linux-") ? unknownTo(bytes, GLIBC) : []
  if (unknown.length > 0) {
    throw new Failed(
      `the terminal addon for ${platform} asks for ${unknown.join(", ")}: glibc ${GLIBC} does not have it`
    )
  }
  fs.writeFileSync(path.join(to, "pty.node"), bytes)
  if (platform.startsWith("darwin-")) {
    fs.copyFileSync(path.join(from, "spawn-helper"), path.join(to, "spawn-helper"))
  }
}
