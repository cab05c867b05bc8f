/** The processes on a terminal: who they are, which is in the foreground, and signals to them. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import type { Foreground } from "../../services/Pty.ts"
import { isZombie, readProcStat } from "../system/procStat.ts"
import { quietly } from "../system/quietly.ts"

const allPids = (): Array<number> => quietly(() => fs.readdirSync("/proc").map(Number).filter((pid) => pid > 0), [])

/** ps(1) everywhere takes the terminal's name without /dev/, and prints only the column that is asked for. */
const pidsOn = (ttyPath: string): Array<number> => {
  const { stdout } = spawnSync("ps", ["-t", ttyPath.replace(/^\/dev\//, ""), "-o", "pid="], { encoding: "latin1" })
  return (stdout ?? "").split("\n").map(Number).filter((pid) => pid > 0)
}

const kill = (pid: number, signal: NodeJS.Signals) =>
  // Gone in the meantime, or of another user: sudo's child.
  quietly(() => process.kill(pid, signal))

export interface PtyProcesses {
  /** Who is there now: the program and all its descendants that made no session of their own. */
  readonly members: () => ReadonlyArray<number>
  readonly signal: (signal: NodeJS.Signals) => void
  readonly foreground: () => Foreground
}

const readCommand = (pid: number): string | undefined =>
  quietly(
    () => fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0+$/, "").replaceAll("\0", " ") || undefined
  )

/** How the kernel marks a directory that was removed (proc_pid_cwd(5)). */
const REMOVED = " (deleted)"

/** Reads the link only: what it leads to may be on a file system that does not answer, and the session must. */
const readCwd = (pid: number): string | undefined =>
  quietly(() => {
    const cwd = fs.readlinkSync(`/proc/${pid}/cwd`)
    return cwd.endsWith(REMOVED) ? undefined : cwd
  })

/** A directory by the name the user has for it, where the session began behind a symlink. */
const asCalled = (start: string): (cwd: string) => string => {
  const real = quietly(() => fs.realpathSync(start))
  if (real === undefined) return (cwd) => cwd
  return (cwd) => cwd === real || cwd.startsWith(`${real}/`) ? `${start}${cwd.slice(real.length)}` : cwd
}

/**
 * `pid` leads the session on the terminal `ttyPath` and began in the directory `start`; `nameOf` asks the system for
 * what is in the foreground.
 */
export const ptyProcesses = (
  pid: number,
  ttyPath: string,
  start: string,
  nameOf: () => string | undefined
): PtyProcesses => {
  const born = readProcStat(pid)?.start
  const called = asCalled(start)

  const members = (): ReadonlyArray<number> => {
    if (born === undefined) return pidsOn(ttyPath)
    const leader = readProcStat(pid)
    // While one member lives its session's number is taken; another start means it was free in between.
    if (leader !== undefined && leader.start !== born) return []
    return allPids().filter((other) => {
      const stat = readProcStat(other)
      return stat !== undefined && stat.session === pid && !isZombie(stat)
    })
  }

  /** The group's leader, or of a pipeline whose first program has ended, one that is left. */
  const inForeground = (): number | undefined => {
    const leader = readProcStat(pid)
    if (leader === undefined || leader.start !== born) return undefined
    const { foreground } = leader
    return foreground === pid || readProcStat(foreground) !== undefined
      ? foreground
      : allPids().find((other) => readProcStat(other)?.group === foreground)
  }

  const describe = (foreground: number): Foreground => {
    const command = readCommand(foreground)
    const cwd = readCwd(foreground)
    return { ...(command === undefined ? {} : { command }), ...(cwd === undefined ? {} : { cwd: called(cwd) }) }
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
