/** Explains what failed on a host, and what helps. */
import type { DeployStep } from "../../services/Deployer.ts"
import { type CLibrary, GLIBC_LOADERS, MIN_GLIBC_TEXT } from "./cLibrary.ts"
import { gist } from "./hostReport.ts"

export interface Explanation {
  readonly problem: string
  readonly advice: string
}

/** A unit for the user, as of disks and networks. */
const MEGABYTE = 1_000_000

const FULL = /No space left on device|[Qq]uota exceeded|KB are needed|ENOSPC/

/** What our executables need beside glibc, and the packages that have it. */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ["libstdc++.so.6", "libstdc++6 (Debian, Ubuntu, openSUSE) or libstdc++ (Fedora, RHEL)"],
  ["libgcc_s.so.1", "libgcc-s1 (Debian, Ubuntu), libgcc_s1 (openSUSE) or libgcc (Fedora, RHEL)"]
])

/** The same with what older ones needed. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ...NEEDED,
  ["libatomic.so.1", "libatomic1 (Debian, Ubuntu, openSUSE) or libatomic (Fedora, RHEL)"]
])

/** What glibc says at start, and of an addon: it names the first library that is missing (elf/dl-load.c). */
const MISSING_LIBRARY = /(?:^|: )([\w.+-]{1,60}): cannot open shared object file: No such/m

const missingLibrary = (stderr: string): string | undefined => MISSING_LIBRARY.exec(stderr)?.[1]

/** What a host says whose disk is full. */
export const isFull = (stderr: string): boolean => FULL.test(stderr)

/** False when a copy, which needs less room and other tools than npm, may still work. */
export const isHopeless = (step: DeployStep, stderr: string): boolean =>
  (step === "prepare" && !isFull(stderr)) || (step === "run" && NEEDED.has(missingLibrary(stderr) ?? ""))

const ofDisk = (host: string, stderr: string, bytes: number): Explanation | undefined => {
  if (isFull(stderr)) {
    return {
      problem: `its disk is full (${gist(stderr)})`,
      advice: `make ${Math.ceil(bytes / MEGABYTE)} MB free where ~/.local/bin is on ${host}`
    }
  }
  if (/Read-only file system/.test(stderr)) {
    return {
      problem: "its home is on a read-only file system",
      advice: `make ~/.local/bin on ${host} writable, or have sesh installed there for everybody`
    }
  }
  if (/Permission denied|Operation not permitted/.test(stderr)) {
    return {
      problem: `~/.local/bin cannot be written to (${gist(stderr)})`,
      advice: `make ~/.local/bin on ${host} yours, or have sesh installed there for everybody`
    }
  }
  return undefined
}

const ofMusl = (host: string): Explanation => ({
  problem: "its C library is musl (as on Alpine Linux), and sesh is made for glibc",
  advice: `use a container with glibc on ${host}, such as Debian's or Fedora's`
})

/** What its loader says and how it is replaced: nixos/modules/config/stub-ld.nix and programs/nix-ld.nix of nixpkgs. */
const ofNixos = (host: string): Explanation => ({
  problem: "NixOS does not run programs made for other systems",
  advice: `set programs.nix-ld.enable = true in the configuration of ${host}`
})

/** Why our executables do not run with the C library of a host. */
export const explainCLibrary = (
  host: string,
  system: string,
  platform: string,
  cLibrary: Exclude<CLibrary, "fits">
): Explanation => {
  if (typeof cLibrary === "object") {
    return {
      problem: `its glibc is ${cLibrary.older}, and sesh needs ${MIN_GLIBC_TEXT} or newer`,
      advice: `Debian 10, Ubuntu 20.04, RHEL 8 and later have it: update ${host}, or use a container of one there`
    }
  }
  const advice = `sesh needs a 64-bit system with glibc: in a container on ${host}, if nothing else`
  switch (cLibrary) {
    case "musl":
      return ofMusl(host)
    case "nixos":
      return ofNixos(host)
    case "32-bit":
      return { problem: `its kernel is ${system}, but its programs are 32-bit (it has no loader for others)`, advice }
    case "none":
      return { problem: `it has no loader of glibc for ${system} (${GLIBC_LOADERS[platform]})`, advice }
  }
}

const ofRun = (host: string, stderr: string): Explanation => {
  const missing = /(GLIBC|GLIBCXX|CXXABI)_[0-9.]+/.exec(stderr)?.[0]
  const build = `build sesh on a system like that one (npm run setup), or update ${host}`
  if (missing !== undefined) {
    return { problem: `its C library is too old for this sesh (it has no ${missing})`, advice: build }
  }
  const library = missingLibrary(stderr)
  if (library !== undefined) {
    const what = PACKAGES.get(library) ?? "the package that has it"
    return {
      problem: `${library} is missing, which sesh needs`,
      advice: `install ${what} on ${host}; if another one is missing, the next try names it`
    }
  }
  // The messages of musl's loader. A layer such as gcompat may have the name of glibc's.
  if (/Error (loading shared library|relocating) /.test(stderr)) return ofMusl(host)
  if (/NixOS cannot run dynamically linked executables/.test(stderr)) return ofNixos(host)
  if (/Exec format error|cannot execute|[Bb]ad CPU type/.test(stderr)) {
    return { problem: `it does not run programs of the kind that it says it is (${gist(stderr)})`, advice: build }
  }
  if (/Permission denied/.test(stderr)) {
    return {
      problem: "it runs no programs from ~/.local/bin",
      advice: `if that is on a file system mounted noexec, have sesh installed on ${host} for everybody`
    }
  }
  if (/not found|No such file/.test(stderr)) {
    return {
      problem: `the loader that this sesh asks for is not there (${gist(stderr)})`,
      advice: `sesh needs a system like the one that it was built on: on Linux with glibc, not musl`
    }
  }
  return { problem: `sesh does not run there (${gist(stderr)})`, advice: build }
}

/** `bytes`: the room that it needs. */
export const explainStep = (host: string, step: DeployStep, stderr: string, bytes: number): Explanation => {
  const text = gist(stderr) || "it does not say why"
  switch (step) {
    case "prepare":
      return ofDisk(host, stderr, bytes) ??
        { problem: `~/.local/bin cannot be used (${text})`, advice: `move away on ${host} what is in its place` }
    case "run":
      return ofRun(host, stderr)
    case "check":
      return {
        problem: `what arrived is not what was sent (${text})`,
        advice: "try again; if it stays so, the disk there or the way to it spoils data"
      }
    default:
      return ofDisk(host, stderr, bytes) ?? { problem: text, advice: "try again" }
  }
}
