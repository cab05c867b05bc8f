/** Runs programs of another platform than this one, by QEMU's emulation of a user's programs. */
import * as fs from "node:fs"
import * as path from "node:path"
import { here } from "./platform.mjs"
import { Failed } from "./steps.mjs"

/** What runs a platform's programs on Linux, and the Debian packages that have it. */
const EMULATORS = {
  "linux-arm64": {
    programs: ["qemu-aarch64-static", "qemu-aarch64"],
    root: "/usr/aarch64-linux-gnu",
    packages: "qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross"
  },
  "linux-x64": {
    programs: ["qemu-x86_64-static", "qemu-x86_64"],
    root: "/usr/x86_64-linux-gnu",
    packages: "qemu-user-static libc6-amd64-cross libstdc++6-amd64-cross"
  }
}

/** This machine. Tests have others. */
const machine = () => ({ own: here, path: process.env.PATH ?? "", root: "/" })

const emulatorOf = (emulation, { path: dirs, root }) => {
  if (!fs.existsSync(path.join(root, emulation.root, "lib", "libstdc++.so.6"))) return undefined
  return dirs.split(path.delimiter)
    .flatMap((dir) => emulation.programs.map((name) => path.join(dir, name)))
    .find((file) => fs.existsSync(file))
}

/** Why a platform's programs do not run here, and what to do; undefined when they do. */
export const problemWith = (platform, on = machine()) => {
  if (platform === on.own) return undefined
  const emulation = on.own.startsWith("linux-") ? EMULATORS[platform] : undefined
  if (emulation === undefined) return `programs of ${platform} do not run here: build on such a machine`
  return emulatorOf(emulation, on) === undefined
    ? `programs of ${platform} run here with these packages of Debian: apt-get install ${emulation.packages}`
    : undefined
}

/** The words before a command of that platform; none when it is this one's. */
export const runnerOf = (platform, on = machine()) => {
  const problem = problemWith(platform, on)
  if (problem !== undefined) throw new Failed(problem)
  return platform === on.own ? [] : [emulatorOf(EMULATORS[platform], on), "-L", EMULATORS[platform].root]
}
