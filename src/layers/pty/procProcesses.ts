/** The processes on a terminal, as Linux reports them in /proc. */
import * as fs from "node:fs"
import { fromBytes } from "../../schema/ByteString.ts"
import type { Foreground } from "../../services/Pty.ts"
import { isZombie, readProcStat } from "../system/procStat.ts"
import { quietly } from "../system/quietly.ts"
import type { ProgramOnTerminal, PtyProcesses } from "./processes.ts"

const allPids = (): Array<number> => quietly(() => fs.readdirSync("/proc").map(Number).filter((pid) => pid > 0), [])

const readCommand = (pid: number): string | undefined =>
  quietly(
    () => fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0+$/, "").replaceAll("\0", " ") || undefined
  )

/** How the kernel marks a directory that was removed (proc_pid_cwd(5)). */
const REMOVED_SUFFIX = " (deleted)"

/** Reads the link only: its target may be on a file system that hangs, and the session must not. */
const readCwd = (pid: number): string | undefined =>
  quietly(() => {
    const cwd = fromBytes(fs.readlinkSync(`/proc/${pid}/cwd`, { encoding: "buffer" }))
    return cwd.endsWith(REMOVED_SUFFIX) ? undefined : cwd
  })

export const procProcesses = ({ pid, userPath }: Pick<ProgramOnTerminal, "pid" | "userPath">): PtyProcesses => {
  const startTime = readProcStat(pid)?.start

  const pids = (): ReadonlyArray<number> => {
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
    foreground: (then) => {
      const foreground = inForeground()
      then(foreground === undefined ? {} : describe(foreground))
    }
  }
}
