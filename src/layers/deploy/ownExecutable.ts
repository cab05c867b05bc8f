/** The executable of this sesh, and its platform. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as sea from "node:sea"

export interface Own {
  /** In Node's names: `linux-x64`. */
  readonly platform: string
  /** Undefined: this sesh runs from source, and none was built. */
  readonly path: string | undefined
}

/**
 * The running file; on Linux even when its path has another file now. Elsewhere that other file would be sent, and a
 * host takes none of another version than ours. `platform` as in Node.
 */
export const runningFile = (platform: string, execPath: string): string =>
  platform === "linux" ? "/proc/self/exe" : execPath

const built = (): string | undefined => {
  const path = Path.resolve(import.meta.dirname, "../../../dist/sesh")
  return Fs.existsSync(path) ? path : undefined
}

export const ownExecutable = (): Own => ({
  platform: `${process.platform}-${process.arch}`,
  path: sea.isSea() ? runningFile(process.platform, process.execPath) : built()
})
