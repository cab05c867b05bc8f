import * as path from "node:path"
import { otherOwner } from "./ownership.ts"

/** What one of the XDG variables names, if it counts: it is absolute, and for root not a place of another user. */
export const usableXdg = (given: string | undefined, uid: number): string | undefined =>
  given !== undefined && path.isAbsolute(given) && otherOwner(given, uid) === undefined ? given : undefined

/** The user's directory for what can be made again; `xdg` is XDG_CACHE_HOME where it counts, on macOS too. */
export const cacheDirOf = (
  platform: string,
  { home, xdg }: { readonly home: string; readonly xdg: string | undefined }
): string => path.join(xdg ?? path.join(home, platform === "darwin" ? "Library/Caches" : ".cache"), "sesh")
