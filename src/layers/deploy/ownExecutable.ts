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

/** The running file, even when its path has another file now. */
const running = (): string => process.platform === "linux" ? "/proc/self/exe" : process.execPath

const built = (): string | undefined => {
  const path = Path.resolve(import.meta.dirname, "../../../dist/sesh")
  return Fs.existsSync(path) ? path : undefined
}

export const ownExecutable = (): Own => ({
  platform: `${process.platform}-${process.arch}`,
  path: sea.isSea() ? running() : built()
})
