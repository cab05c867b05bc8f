/** Which executable is this sesh, and what it runs on. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as sea from "node:sea"

export interface Own {
  /** As Node calls them: `linux-x64`. */
  readonly platform: string
  /** Undefined: there is none, as this runs from source and nothing was built. */
  readonly path: string | undefined
}

/** What runs, even when another file is at its path since. */
const running = (): string => process.platform === "linux" ? "/proc/self/exe" : process.execPath

const built = (): string | undefined => {
  const path = Path.resolve(import.meta.dirname, "../../../dist/sesh")
  return Fs.existsSync(path) ? path : undefined
}

export const ownExecutable = (): Own => ({
  platform: `${process.platform}-${process.arch}`,
  path: sea.isSea() ? running() : built()
})
