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

const onPath = (names) =>
  (process.env.PATH ?? "").split(path.delimiter)
    .flatMap((dir) => names.map((name) => path.join(dir, name)))
    .find((file) => fs.existsSync(file))

/** Whether this machine can run a platform's programs, if need be by what could be installed. */
export const canRun = (platform) => platform === here || (process.platform === "linux" && platform in EMULATORS)

/** The words before a command of that platform, none when it is this one's. Fails when what it takes is not there. */
export const runnerOf = (platform) => {
  if (platform === here) return []
  if (!canRun(platform)) {
    throw new Failed(`programs of ${platform} do not run here: build that executable on such a machine`)
  }
  const { packages, programs, root } = EMULATORS[platform]
  const emulator = onPath(programs)
  if (emulator === undefined || !fs.existsSync(path.join(root, "lib", "libstdc++.so.6"))) {
    throw new Failed(`programs of ${platform} run here with these packages of Debian: apt-get install ${packages}`)
  }
  return [emulator, "-L", root]
}
