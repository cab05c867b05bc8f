/** What Linux reports of a process in /proc. */
import * as Fs from "node:fs"
import { quietly } from "./quietly.ts"

/** Of /proc/<pid>/stat (proc_pid_stat(5)); the numbers of fields are those of the manual. */
export interface ProcStat {
  /** 3: `R`, `S`, `Z`, ... */
  readonly state: string
  /** 4 */
  readonly parent: number
  /** 5: process group. */
  readonly group: number
  /** 6 */
  readonly session: number
  /** 7: device number of its terminal; 0: no terminal. */
  readonly terminal: number
  /** 8: foreground process group of its terminal. */
  readonly foreground: number
  /** 14 and 15: time on the CPU, by itself and by the system for it, in clock ticks. */
  readonly ticks: number
  /** 22: when it started. With the pid it distinguishes a process from a later one of the same pid. */
  readonly start: string
}

/** A process that has ended, and still has its pid. */
export const isZombie = ({ state }: ProcStat): boolean => state === "Z" || state === "X"

/** The name, field 2, is in parentheses and may have any character: the last parenthesis counts. */
const parse = (text: string): ProcStat => {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  const field = (number: number): string => fields[number - 3] ?? ""
  return {
    state: field(3),
    parent: Number(field(4)),
    group: Number(field(5)),
    session: Number(field(6)),
    terminal: Number(field(7)),
    foreground: Number(field(8)),
    ticks: Number(field(14)) + Number(field(15)),
    start: field(22)
  }
}

/** Undefined: there is no such process, or no /proc. */
export const readProcStat = (pid: number | "self"): ProcStat | undefined =>
  quietly(() => parse(Fs.readFileSync(`/proc/${pid}/stat`, "latin1")))
