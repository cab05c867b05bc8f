import * as path from "node:path"

/** The user's directory for what can be made again. XDG_CACHE_HOME counts if it is absolute, on macOS too. */
export const cacheDirOf = (
  platform: string,
  { home, xdg }: { readonly home: string; readonly xdg: string | undefined }
): string => {
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, "sesh")
  return path.join(home, platform === "darwin" ? "Library/Caches" : ".cache", "sesh")
}
