/** A terminal's modes, for the time that its bytes belong to a session. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { spawnChild } from "../system/childProcess.ts"
import { quietly } from "../system/quietly.ts"
import { loadTerminalCalls } from "../system/terminal.ts"
import type { Input } from "./ttyStreams.ts"

/** Found without PATH, which may be empty. */
const STTY = ["/bin/stty", "/usr/bin/stty"]

/** tcsetattr(3) waits until the terminal has shown everything, and a stopped one never does. */
const STTY_TIMEOUT_MS = 1000

/**
 * What Node's raw mode leaves on: above all output processing, which turns a line feed into CR LF (libuv sets ONLCR);
 * and what a user may have set for input. Node has no other access to a terminal's modes. It costs 2-4 ms in another
 * process; without stty, bare line feeds go out as CR LF.
 */
const PASS_THROUGH = ["-opost", "-inlcr", "-igncr", "-ixoff"]

const stty = () => STTY.find((file) => fs.existsSync(file))

/**
 * Calls with the terminal opened again, if it can be: what a new process gets as standard input is made blocking, for
 * all that share the open file.
 */
const withOwn = <A>(fd: number, use: (own: number) => A): A => {
  const { O_NOCTTY, O_RDWR } = fs.constants
  const own = quietly(() => fs.openSync(`/dev/fd/${fd}`, O_RDWR | O_NOCTTY))
  try {
    return use(own ?? fd)
  } finally {
    if (own !== undefined) fs.closeSync(own)
  }
}

const options = { env: {}, timeout: STTY_TIMEOUT_MS }

/** Sets modes while other work continues. */
const set = (fd: number, modes: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve) => {
    const file = stty()
    if (file === undefined) return resolve()
    // Where no process can be started, the terminal is left as Node's raw mode has it.
    withOwn(fd, (own) => spawnChild(file, modes, { ...options, stdio: [own, "ignore", "ignore"] }, () => resolve()))
      ?.once("close", () => resolve())
  })

/** Sets modes before returning; returns stty's output. */
const setNow = (fd: number, modes: ReadonlyArray<string>): string => {
  const file = stty()
  if (file === undefined) return ""
  const { stdout } = withOwn(
    fd,
    (own) => spawnSync(file, modes, { ...options, stdio: [own, "pipe", "ignore"], encoding: "latin1" })
  )
  return (stdout ?? "").trim()
}

export interface Modes {
  /** Passes bytes through unchanged. False: the terminal refuses. */
  readonly enter: () => Promise<boolean>
  /** Again, after another process had the terminal while we were stopped. */
  readonly enterAgain: () => void
  /** Restores the initial modes. May be called repeatedly. */
  readonly leave: () => void
}

/** For a terminal that input comes from: raw. */
export const inputModes = (input: Input, fd: number): Modes => ({
  enter: async () => {
    if (!input.setRaw(true)) return false
    const isSet = set(fd, PASS_THROUGH)
    loadTerminalCalls()
    await isSet
    return true
  },
  enterAgain: () => {
    // libuv knows only its own changes: it does nothing for a mode that it believes to be set.
    input.setRaw(false)
    input.setRaw(true)
    setNow(fd, PASS_THROUGH)
  },
  leave: () => void input.setRaw(false)
})

/** For a terminal that only shows output: its keys keep their meaning, because we do not read them. */
export const outputModes = (fd: number): Modes => {
  let saved = ""
  return {
    enter: async () => {
      saved = setNow(fd, ["-g"])
      await set(fd, ["-opost"])
      return true
    },
    enterAgain: () => void setNow(fd, ["-opost"]),
    leave: () => {
      if (saved !== "") setNow(fd, [saved])
    }
  }
}

/** Without a terminal there are no modes. */
export const noModes: Modes = { enter: async () => true, enterAgain: () => {}, leave: () => {} }
