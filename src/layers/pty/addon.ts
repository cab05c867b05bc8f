/**
 * node-pty's native addon without its JavaScript: bytes stay Buffers, and the descriptor is ours. The executable
 * contains the addon; dlopen(3) needs a file, so it is written to the cache once.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"
import * as sea from "node:sea"
import { cacheDirOf, usableXdg } from "../system/cacheDirectory.ts"
import { makeOwnDirectory } from "../system/ownDirectory.ts"
import { isOurs } from "../system/ownership.ts"
import { writeWholeFile } from "../system/wholeFile.ts"
import { ADDON, helperOf, sourceDirs } from "./addonFiles.ts"

/** As declared by node-pty 1.1.0 in src/unix/pty.cc. Every function throws an Error that names the system call. */
export interface PtyAddon {
  /**
   * Starts `file`, looked up on the PATH of `env`, on a new terminal. Does not fail for a `file` or `cwd` that cannot
   * be used: on Linux the child says so on the terminal and exits with 1.
   */
  readonly fork: (
    file: string,
    /** Without the program's own name. */
    args: ReadonlyArray<string>,
    /** `NAME=value` */
    env: ReadonlyArray<string>,
    cwd: string,
    columns: number,
    rows: number,
    /** -1: keep this process's. */
    uid: number,
    gid: number,
    /** Sets IUTF8: the line editor of the terminal erases whole characters. */
    utf8: boolean,
    /** `helperPath` below. */
    helperPath: string,
    /** `signal` is 0 when the program exited by itself. */
    onExit: (code: number, signal: number) => void
  ) => {
    /** The master side, non-blocking. Not close-on-exec on Linux. */
    readonly fd: number
    readonly pid: number
    /** Path of the terminal's device. */
    readonly pty: string
  }
  readonly open: (columns: number, rows: number) => {
    readonly master: number
    readonly slave: number
    readonly pty: string
  }
  readonly resize: (fd: number, columns: number, rows: number) => void
  /** macOS starts programs through this executable; elsewhere empty. */
  readonly helperPath: string
}

/** What programs are started through here. */
const HELPER = helperOf(process.platform)

const load = (file: string, helperPath: string): PtyAddon => {
  const module = { exports: {} }
  process.dlopen(module, file)
  // SAFETY: the interface above is that of the version package.json pins.
  return { ...(module.exports as Omit<PtyAddon, "helperPath">), helperPath }
}

const fromSource = (): PtyAddon => {
  const own = path.dirname(createRequire(import.meta.url).resolve("node-pty/package.json"))
  const { arch, platform } = process
  const dir = sourceDirs(own, platform, arch).find((name) => fs.existsSync(path.join(name, ADDON)))
  if (dir === undefined) throw new Error(`npm brought no terminal addon for ${platform}-${arch}: see docs/platforms.md`)
  return load(path.join(dir, ADDON), HELPER === undefined ? "" : path.join(dir, HELPER))
}

const hasContents = (file: string, bytes: Buffer) => {
  const stats = fs.lstatSync(file, { throwIfNoEntry: false })
  return stats !== undefined && stats.isFile() && isOurs(stats, process.getuid!()) && stats.size === bytes.length &&
    fs.readFileSync(file).equals(bytes)
}

/** Writes an asset to `dir`, under a name with its hash. Several processes may do so at once. */
const writeAsset = (dir: string, asset: string, mode: number): string => {
  const bytes = Buffer.from(sea.getRawAsset(asset))
  const { ext, name } = path.parse(asset)
  const file = path.join(dir, `${name}-${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}${ext}`)
  if (!hasContents(file, bytes)) writeWholeFile(file, bytes, mode)
  return file
}

const loadFrom = (dir: string): PtyAddon =>
  load(writeAsset(dir, ADDON, 0o600), HELPER === undefined ? "" : writeAsset(dir, HELPER, 0o700))

const cacheDir = () => {
  const dir = cacheDirOf(process.platform, {
    home: os.homedir(),
    xdg: usableXdg(process.env["XDG_CACHE_HOME"], process.getuid!())
  })
  makeOwnDirectory(dir)
  return dir
}

const fromExecutable = (): PtyAddon => {
  try {
    return loadFrom(cacheDir())
  } catch {
    // No home, a full or read-only disk, a mount without exec, a directory of another user.
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-"))
    const addon = loadFrom(dir)
    // A loaded addon needs its file no more; the helper must stay.
    if (HELPER === undefined) fs.rmSync(dir, { recursive: true, force: true })
    return addon
  }
}

let loaded: PtyAddon | undefined

export const loadPtyAddon = (): PtyAddon => loaded ??= sea.isSea() ? fromExecutable() : fromSource()
