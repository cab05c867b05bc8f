/** The processes on a terminal: who they are, which is in the foreground, and signals to them. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import type { Foreground } from "../../services/Pty.ts"

/** What /proc/<pid>/stat says of a process (proc_pid_stat(5)). */
interface Stat {
  readonly isZombie: boolean
  readonly group: number
  readonly session: number
  /** Foreground process group of its terminal. */
  readonly foreground: number
  /** When it started: with the pid, it tells a process from a later one with the same pid. */
  readonly start: string
}

/** The command's name is in parentheses and may contain any character, so the last one counts. */
const parseStat = (text: string): Stat => {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  return {
    isZombie: fields[0] === "Z" || fields[0] === "X",
    group: Number(fields[2]),
    session: Number(fields[3]),
    foreground: Number(fields[5]),
    start: fields[19] ?? ""
  }
}

const readStat = (pid: number): Stat | undefined => {
  try {
    return parseStat(fs.readFileSync(`/proc/${pid}/stat`, "latin1"))
  } catch {
    return undefined
  }
}

const allPids = (): Array<number> => {
  try {
    return fs.readdirSync("/proc").map(Number).filter((pid) => pid > 0)
  } catch {
    return []
  }
}

/** ps(1) everywhere takes the terminal's name without /dev/, and prints only the column that is asked for. */
const pidsOn = (ttyPath: string): Array<number> => {
  const { stdout } = spawnSync("ps", ["-t", ttyPath.replace(/^\/dev\//, ""), "-o", "pid="], { encoding: "latin1" })
  return (stdout ?? "").split("\n").map(Number).filter((pid) => pid > 0)
}

const kill = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone in the meantime, or of another user: sudo's child.
  }
}

export interface PtyProcesses {
  /** Who is there now: the program and all its descendants that made no session of their own. */
  readonly members: () => ReadonlyArray<number>
  readonly signal: (signal: NodeJS.Signals) => void
  readonly foreground: () => Foreground
}

/** `pid` leads the session on the terminal `ttyPath`; `nameOf` asks the system for what is in the foreground. */
export const ptyProcesses = (pid: number, ttyPath: string, nameOf: () => string | undefined): PtyProcesses => {
  const born = readStat(pid)?.start

  const members = (): ReadonlyArray<number> => {
    if (born === undefined) return pidsOn(ttyPath)
    const leader = readStat(pid)
    // While one member lives its session's number is taken; another start means it was free in between.
    if (leader !== undefined && leader.start !== born) return []
    return allPids().filter((other) => {
      const stat = readStat(other)
      return stat !== undefined && stat.session === pid && !stat.isZombie
    })
  }

  /** The group's leader, or of a pipeline whose first program has ended, one that is left. */
  const inForeground = (): number | undefined => {
    const leader = readStat(pid)
    if (leader === undefined || leader.start !== born) return undefined
    const { foreground } = leader
    return readStat(foreground) === undefined
      ? allPids().find((other) => readStat(other)?.group === foreground)
      : foreground
  }

  const describe = (foreground: number): Foreground => {
    const read = (what: () => string): string | undefined => {
      try {
        return what() || undefined
      } catch {
        return undefined
      }
    }
    const command = read(() =>
      fs.readFileSync(`/proc/${foreground}/cmdline`, "utf8").replace(/\0+$/, "").replaceAll("\0", " ")
    )
    const cwd = read(() => fs.readlinkSync(`/proc/${foreground}/cwd`))
    return { ...(command === undefined ? {} : { command }), ...(cwd === undefined ? {} : { cwd }) }
  }

  return {
    members,
    signal: (signal) => {
      for (const member of members()) kill(member, signal)
    },
    foreground: () => {
      if (born === undefined) {
        const command = nameOf()
        return command === undefined ? {} : { command }
      }
      const foreground = inForeground()
      return foreground === undefined ? {} : describe(foreground)
    }
  }
}
