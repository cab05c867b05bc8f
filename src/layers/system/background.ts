/** Whether this process is a background job: reading from its terminal would stop it (termios(4), SIGTTIN). */
import { spawnSync } from "node:child_process"
import { fstatSync, statSync } from "node:fs"
import { readProcStat } from "./procStat.ts"
import { quietly } from "./quietly.ts"

/** Our job, the one in the foreground of our terminal, and that terminal's device number. */
export interface Job {
  readonly group: number
  readonly foreground: number
  readonly terminal: number
}

/** Undefined without /proc, which Linux has. */
export const jobByProc = (): Job | undefined => readProcStat("self")

/** How long ps may take. */
const PS_MS = 1000

/** From the columns pgid, tpgid and tty of ps(1); undefined where they are not there, or there is no terminal. */
export const readJob = (text: string, deviceNumber: (path: string) => number | undefined): Job | undefined => {
  const [, group, foreground, name] = /^ *(\d+) +(-?\d+) +(\S+) *\n?$/.exec(text) ?? []
  const terminal = name === undefined ? undefined : deviceNumber(`/dev/${name}`)
  return terminal === undefined ? undefined : { group: Number(group), foreground: Number(foreground), terminal }
}

/** Some milliseconds: every other system has ps(1), where POSIX' is at the same path. */
export const jobByPs = (): Job | undefined => {
  const args = ["-p", String(process.pid), "-o", "pgid=", "-o", "tpgid=", "-o", "tty="]
  const { stdout } = spawnSync("/bin/ps", args, {
    encoding: "latin1",
    env: {},
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: PS_MS
  })
  return readJob(stdout ?? "", (path) => quietly(() => statSync(path).rdev))
}

/** `platform` as in Node. */
export const ownJob = (platform: string): Job | undefined => platform === "linux" ? jobByProc() : jobByPs()

/** False where the system does not tell. `fd`: of a terminal. */
export const isInBackground = (fd: number, jobOf = () => ownJob(process.platform)): boolean => {
  const job = jobOf()
  return job !== undefined && job.group !== job.foreground && quietly(() => fstatSync(fd).rdev) === job.terminal
}
