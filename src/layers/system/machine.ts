/** Which machine this is, and whether a session's process still runs on it. */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { hostname } from "node:os"
import { type DaemonProcess, type Machine } from "../../schema/Machine.ts"
import { keyOf } from "./fnv.ts"
import { isZombie, readProcStat } from "./procStat.ts"
import { psNow } from "./psNow.ts"
import { quietly } from "./quietly.ts"

/** Milliseconds for sysctl(8), which takes three. */
const SYSCTL_MS = 1000

const text = (path: string): string | undefined => quietly(() => Fs.readFileSync(path, "utf8").trim()) || undefined

/** machine-id(5) asks for the id not to be handed on as it is. */
const hashed = (id: string | undefined): string | undefined => id === undefined ? undefined : keyOf("sesh", id)

const byProc = () => ({
  boot: text("/proc/sys/kernel/random/boot_id"),
  id: hashed(text("/etc/machine-id")),
  pids: quietly(() => Fs.readlinkSync("/proc/self/ns/pid"))
})

/** As XNU tells it (sys/sysctl.h); its hardware is no container's. */
const bySysctl = () => {
  const { error, stdout } = spawnSync("/usr/sbin/sysctl", ["-n", "kern.bootsessionuuid"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: SYSCTL_MS
  })
  return { boot: (error === undefined ? stdout.trim() : "") || undefined }
}

/** This machine. `platform` as in Node: on macOS another program is asked. */
export const ownMachine = (platform: string = process.platform): Machine => {
  const known = platform === "darwin" ? bySysctl() : byProc()
  return {
    name: hostname(),
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
  }
}

/** This process, as a description names it. */
export const ownProcess = (machine: Machine): DaemonProcess => {
  const start = readProcStat("self")?.start
  return { machine, pid: process.pid, ...(start === undefined ? {} : { start }) }
}

/** Whether it still runs; asked only where its machine is `here`. `name`: of its session. */
export const isRunning = ({ pid, start }: DaemonProcess, name: string): boolean => {
  // Also false for another user's process, which has got the pid meanwhile.
  const exists = quietly(() => process.kill(pid, 0), false)
  if (!exists) return false
  const stat = readProcStat(pid)
  if (stat !== undefined) return !isZombie(stat) && (start === undefined || stat.start === start)
  // Without /proc: its command line has the name.
  const command = psNow(["-o", "command=", "-p", String(pid)])
  return command === undefined || command.trimEnd().endsWith(` ${name}`)
}
