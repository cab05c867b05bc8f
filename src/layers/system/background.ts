/** Whether this process is a background job: reading from its terminal would stop it (termios(4), SIGTTIN). */
import { fstatSync, statSync } from "node:fs"
import { readProcStat } from "./procStat.ts"
import { psNow } from "./psNow.ts"
import { quietly } from "./quietly.ts"

/** Our job, the one in the foreground of our terminal, and that terminal's device number. */
export interface Job {
  readonly group: number
  readonly foreground: number
  readonly terminal: number
}

/** Undefined without /proc, which Linux has. */
export const jobByProc = (): Job | undefined => readProcStat("self")

/** From the columns pgid, tpgid and tty of ps(1); undefined where they are not there, or there is no terminal. */
export const readJob = (text: string, deviceNumber: (path: string) => number | undefined): Job | undefined => {
  const [, group, foreground, name] = /^ *(\d+) +(-?\d+) +(\S+) *\n?$/.exec(text) ?? []
  const terminal = name === undefined ? undefined : deviceNumber(`/dev/${name}`)
  return terminal === undefined ? undefined : { group: Number(group), foreground: Number(foreground), terminal }
}

export const jobByPs = (): Job | undefined => {
  const text = psNow(["-p", String(process.pid), "-o", "pgid=", "-o", "tpgid=", "-o", "tty="])
  return readJob(text ?? "", (path) => quietly(() => statSync(path).rdev))
}

/** `platform` as in Node. */
export const ownJob = (platform: string): Job | undefined => platform === "linux" ? jobByProc() : jobByPs()

/** False where the system does not tell. `fd`: of a terminal. */
export const isInBackground = (fd: number, jobOf = () => ownJob(process.platform)): boolean => {
  const job = jobOf()
  return job !== undefined && job.group !== job.foreground && quietly(() => fstatSync(fd).rdev) === job.terminal
}
