/** The processes on a terminal, as ps(1) and lsof(8) report them, where there is no /proc: macOS. */
import type { Foreground } from "../../services/Pty.ts"
import { PS, PS_ENV, psNow } from "../system/psNow.ts"
import { boundedTool } from "./boundedTool.ts"
import type { ProgramOnTerminal, PtyProcesses } from "./processes.ts"
import {
  commandArguments,
  cwdArguments,
  groupArguments,
  readCommandLine,
  readCwd,
  readForegroundPid,
  readStarts,
  startArguments,
  terminalName
} from "./psOutput.ts"

/** The programs that are asked. */
export interface ProcessTools {
  readonly ps: string
  readonly lsof: string
}

/** Where macOS has them, whatever PATH is. */
const MACOS: ProcessTools = { ps: PS, lsof: "/usr/sbin/lsof" }

/** How long a caller waits for the foreground: less than a listing waits, which is a second. */
const ANSWER_MS = 500

/**
 * A session's processes are those with its terminal. They lose it when the session's leader ends (termios(4)), and
 * then those that were seen before count, unless another has the pid by now.
 */
const pidsOn = (ps: string, { device, isOpen, pid }: ProgramOnTerminal): PtyProcesses["pids"] => {
  const terminal = terminalName(device)
  /** When each of them started. */
  let seen: ReadonlyMap<number, string> = new Map()
  return () => {
    const open = isOpen()
    if (!open && seen.size === 0) return []
    const text = psNow(startArguments(open ? terminal : undefined, [...seen.keys()]), ps)
    if (text === undefined) return open ? [pid] : []
    const found = readStarts(text).filter((one) =>
      !one.isZombie && ((open && one.terminal === terminal) || seen.get(one.pid) === one.start)
    )
    seen = new Map(found.map((one) => [one.pid, one.start]))
    return [...seen.keys()]
  }
}

interface Waiting {
  readonly tell: (now: Foreground) => void
  readonly timer: NodeJS.Timeout
}

/**
 * Asks in other processes, so that output flows on meanwhile. A caller gets what was last known when they take longer
 * than `answerMs`; what they say then is for the next caller.
 */
const foregroundOn = (
  tools: ProcessTools,
  answerMs: number,
  { device, userPath }: ProgramOnTerminal
): PtyProcesses["foreground"] => {
  const terminal = terminalName(device)
  const [groups, commands] = [boundedTool(tools.ps, PS_ENV), boundedTool(tools.ps, PS_ENV)]
  const directories = boundedTool(tools.lsof, PS_ENV)
  const waiting = new Set<Waiting>()
  let last: Foreground = {}
  let isLooking = false

  const tell = (one: Waiting) => {
    clearTimeout(one.timer)
    waiting.delete(one)
    one.tell(last)
  }

  const answer = (now: Foreground) => {
    last = now
    isLooking = false
    for (const one of [...waiting]) tell(one)
  }

  const describe = (pid: number) => {
    let command: string | undefined
    let cwd: string | undefined
    let left = 2
    const done = () => {
      left -= 1
      if (left > 0) return
      answer({ ...(command === undefined ? {} : { command }), ...(cwd === undefined ? {} : { cwd }) })
    }
    commands(commandArguments(pid), (said) => {
      command = said === undefined ? last.command : readCommandLine(said.toString("utf8"))
      done()
    })
    directories(cwdArguments(pid), (said) => {
      const path = said === undefined ? undefined : readCwd(said.toString("latin1"))
      cwd = said === undefined ? last.cwd : path === undefined ? undefined : userPath(path)
      done()
    })
  }

  const look = () =>
    groups(groupArguments(terminal), (said) => {
      if (said === undefined) return answer(last)
      const pid = readForegroundPid(said.toString("latin1"))
      if (pid === undefined) answer({})
      else describe(pid)
    })

  return (then) => {
    const one: Waiting = { tell: then, timer: setTimeout(() => tell(one), answerMs) }
    waiting.add(one)
    if (isLooking) return
    isLooking = true
    look()
  }
}

export const psProcesses = (
  terminal: ProgramOnTerminal,
  tools: ProcessTools = MACOS,
  answerMs = ANSWER_MS
): PtyProcesses => {
  const foreground = foregroundOn(tools, answerMs, terminal)
  return {
    pids: pidsOn(tools.ps, terminal),
    foreground: (then) => terminal.isOpen() ? foreground(then) : then({})
  }
}
