/** Which C library a host has, and whether our executables can run with it. */

/** The oldest glibc that runs Node's own executables, and so ours: major and minor number. */
const MIN_GLIBC = [2, 28] as const

export const MIN_GLIBC_TEXT = MIN_GLIBC.join(".")

/** The loader that an executable for glibc names (ELF's PT_INTERP), by platform. macOS has no choice of them. */
export const GLIBC_LOADERS: Readonly<Record<string, string>> = {
  "linux-x64": "/lib64/ld-linux-x86-64.so.2",
  "linux-arm64": "/lib/ld-linux-aarch64.so.1"
}

/** Names of loaders of a 32-bit glibc, as the script reports them. */
const LOADERS_OF_32_BIT = new Set(["linux", "linux-armhf"])

/**
 * `fits`: our executables can run with it, as far as the host says. Otherwise why they cannot: it is musl; NixOS has a
 * stub in place of the loader; its programs are 32-bit; there is no loader that we know; it is an older glibc.
 */
export type CLibrary = "fits" | "musl" | "nixos" | "32-bit" | "none" | { readonly older: string }

/** As the script reports it: `linux-x86-64` for `/lib64/ld-linux-x86-64.so.2`. */
const reportedName = (loader: string): string => loader.replace(/^.*\/ld-/, "").replace(/\.so\..*$/, "")

/** Undefined where it is new enough, or does not say. */
const olderGlibc = (version: string): string | undefined => {
  const [, major, minor] = /^glibc (\d{1,4})\.(\d{1,4})\b/.exec(version) ?? []
  if (major === undefined) return undefined
  const isOlder = Number(major) < MIN_GLIBC[0] || (Number(major) === MIN_GLIBC[0] && Number(minor) < MIN_GLIBC[1])
  return isOlder ? `${major}.${minor}` : undefined
}

/** From the words of the host's report (scripts.ts). */
export const readCLibrary = (platform: string | undefined, report: ReadonlyMap<string, string>): CLibrary => {
  const loader = GLIBC_LOADERS[platform ?? ""]
  if (loader === undefined || !report.has("loaders")) return "fits"
  const names = (word: string): ReadonlyArray<string> => (report.get(word) ?? "").split(" ")
  const loaders = names("loaders")
  if (loaders.includes(reportedName(loader))) {
    if (names("stubs").includes(reportedName(loader))) return "nixos"
    const older = olderGlibc(report.get("libc") ?? "")
    return older === undefined ? "fits" : { older }
  }
  if (loaders.some((name) => name.startsWith("musl-"))) return "musl"
  return loaders.some((name) => LOADERS_OF_32_BIT.has(name)) ? "32-bit" : "none"
}
