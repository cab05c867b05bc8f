/** Where the addon's files are, by platform as in Node. */
import * as path from "node:path"

export const ADDON = "pty.node"

/** What macOS starts programs through: an executable beside the addon. Other systems have none. */
export const helperOf = (platform: string): string | undefined => platform === "darwin" ? "spawn-helper" : undefined

/**
 * Directories that may have the addon, beside node-pty's own: npm's packages of each platform, and last where npm puts
 * what it has compiled itself (docs/platforms.md).
 */
export const sourceDirs = (own: string, platform: string, arch: string): ReadonlyArray<string> => {
  const name = `${platform}-${arch}`
  const compiled = path.join(path.dirname(own), "@lydell", `node-pty-${name}`)
  return [compiled, path.join(compiled, "prebuilds", name), path.join(own, "build/Release")]
}
