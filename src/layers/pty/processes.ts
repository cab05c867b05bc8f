/** The processes on a terminal: their pids, which one is in the foreground, and signals to them. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import type { Foreground } from "../../services/Pty.ts"
import { isZombie, readProcStat } from "../system/procStat.ts"
import { quietly } from "../system/quietly.ts"

const allPids = (): Array<number> => quietly(() => fs.readdirSync("/proc").map(Number).filter((pid) => pid > 0), [])

/** Every ps(1) takes the terminal's name without /dev/, and prints only the requested column. */
const pidsOn = (ttyPath: string): Array<number> => {
  const { stdout } = spawnSync("ps", ["-t", ttyPath.replace(/^\/dev\//, ""), "-o", "pid="], { encoding: "latin1" })
  return (stdout ?? "").split("\n").map(Number).filter((pid) => pid > 0)
}

const kill = (pid: number, signal: NodeJS.Signals) =>
  // Already gone, or of another user: sudo's child.
  quietly(() => process.kill(pid, signal))

export interface PtyProcesses {
  /** The program, and its descendants that made no session of their own. */
  readonly pids: () => ReadonlyArray<number>
  readonly signal: (signal: NodeJS.Signals) => void
  readonly foreground: () => Foreground
}

const readCommand = (pid: number): string | undefined =>
  quietly(
    () => fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0+$/, "").replaceAll("\0", " ") || undefined
  )

/** How the kernel marks a directory that was removed (proc_pid_cwd(5)). */
const REMOVED_SUFFIX = " (deleted)"

/** Reads the link only: its target may be on a file system that hangs, and the session must not. */
const readCwd = (pid: number): string | undefined =>
  quietly(() => {
    const cwd = fs.readlinkSync(`/proc/${pid}/cwd`)
    return cwd.endsWith(REMOVED_SUFFIX) ? undefined : cwd
  })

/** Turns a real path into the user's, where the session began behind a symlink. */
const toUserPath = (start: string): (cwd: string) => string => {
  const real = quietly(() => fs.realpathSync(start))
  if (real === undefined) return (cwd) => cwd
  return (cwd) => cwd === real || cwd.startsWith(`${real}/`) ? `${start}${cwd.slice(real.length)}` : cwd
}

/**
 * `pid` leads the session on the terminal `ttyPath` and began in the directory `start`. `nameOf` asks the system for
 * the foreground's name, where there is no /proc.
 */
export const ptyProcesses = (
  pid: number,
  ttyPath: string,
  start: string,
  nameOf: () => string | undefined
): PtyProcesses => {
  const startTime = readProcStat(pid)?.start
  const userPath = toUserPath(start)

  const pids = (): ReadonlyArray<number> => {
    if (startTime === undefined) return pidsOn(ttyPath)
    const leader = readProcStat(pid)
    // While the session has a process, no other gets the leader's pid: another start time means that all have ended.
    if (leader !== undefined && leader.start !== startTime) return []
    return allPids().filter((other) => {
      const stat = readProcStat(other)
      return stat !== undefined && stat.session === pid && !isZombie(stat)
    })
  }

  /** The leader of the foreground group, or another of its processes: a pipeline's first program may have ended. */
  const inForeground = (): number | undefined => {
    const leader = readProcStat(pid)
    if (leader === undefined || leader.start !== startTime) return undefined
    const { foreground } = leader
    return foreground === pid || readProcStat(foreground) !== undefined
      ? foreground
      : allPids().find((other) => readProcStat(other)?.group === foreground)
  }

  const describe = (foreground: number): Foreground => {
    const command = readCommand(foreground)
    const cwd = readCwd(foreground)
    return { ...(command === undefined ? {} : { command }), ...(cwd === undefined ? {} : { cwd: userPath(cwd) }) }
  }

  return {
    pids,
    signal: (signal) => {
      for (const pid of pids()) kill(pid, signal)
    },
    foreground: () => {
      if (startTime === undefined) {
        const command = nameOf()
        return command === undefined ? {} : { command }
      }
      const foreground = inForeground()
      return foreground === undefined ? {} : describe(foreground)
    }
  }
}
