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

/** The user's directory for what can be made again. XDG_CACHE_HOME counts if it is absolute, on macOS too. */
export const cacheDirOf = (
  platform: string,
  { home, xdg }: { readonly home: string; readonly xdg: string | undefined }
): string => {
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, "sesh")
  return path.join(home, platform === "darwin" ? "Library/Caches" : ".cache", "sesh")
}
