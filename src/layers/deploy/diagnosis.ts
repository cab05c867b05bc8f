/** Explains what failed on a host, and what helps. */
import type { DeployStep } from "../../services/Deployer.ts"
import { gist } from "./hostReport.ts"

export interface Explanation {
  readonly problem: string
  readonly advice: string
}

/** A unit for the user, as of disks and networks. */
const MEGABYTE = 1_000_000

const FULL = /No space left on device|[Qq]uota exceeded|KB are needed|ENOSPC/

/** False when a copy, which needs less room and other tools than npm, may still work. */
export const isHopeless = (step: DeployStep, stderr: string): boolean => step === "prepare" && !FULL.test(stderr)

const ofDisk = (host: string, stderr: string, bytes: number): Explanation | undefined => {
  if (FULL.test(stderr)) {
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

const ofRun = (host: string, stderr: string): Explanation => {
  const missing = /(GLIBC|GLIBCXX|CXXABI)_[0-9.]+/.exec(stderr)?.[0]
  const build = `build sesh on a system like that one (npm run setup), or update ${host}`
  if (missing !== undefined) {
    return { problem: `its C library is too old for this sesh (it has no ${missing})`, advice: build }
  }
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
      problem: `the loader or a library that sesh needs is not there (${gist(stderr)}): is its C library musl?`,
      advice: `on Linux, sesh needs a system with glibc: in a container on ${host}, if nothing else`
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
