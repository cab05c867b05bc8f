/** A terminal's modes, for the time that its bytes are somebody else's. */
import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import type { Input } from "./ttyStreams.ts"

/** Found without PATH, which may be empty. */
const STTY = ["/bin/stty", "/usr/bin/stty"]

/** tcsetattr(3) waits until the terminal has shown everything, and a stopped one never does. */
const PATIENCE_MS = 1000

/**
 * What Node's raw mode leaves on: above all output processing, which makes a line feed a carriage return and a line
 * feed (libuv sets ONLCR); and what a user may have chosen for input. There is no other way to a terminal's modes in
 * Node. It costs 2-4 ms in another process; without stty, bare line feeds go out as CR LF.
 */
const BYTES_AS_THEY_ARE = ["-opost", "-inlcr", "-igncr", "-ixoff"]

const stty = () => STTY.find((file) => fs.existsSync(file))

const options = { env: {}, timeout: PATIENCE_MS }

/** Sets modes while we do something else. */
const set = (fd: number, modes: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve) => {
    const file = stty()
    if (file === undefined) return resolve()
    spawn(file, modes, { ...options, stdio: [fd, "ignore", "ignore"] })
      .once("error", () => resolve())
      .once("close", () => resolve())
  })

/** Sets modes before returning; gives what stty says. */
const setNow = (fd: number, modes: ReadonlyArray<string>): string => {
  const file = stty()
  if (file === undefined) return ""
  const { stdout } = spawnSync(file, modes, { ...options, stdio: [fd, "pipe", "ignore"], encoding: "latin1" })
  return (stdout ?? "").trim()
}

export interface Modes {
  /** Lets bytes through as they are. False: the terminal refuses. */
  readonly enter: () => Promise<boolean>
  /** Once more, after somebody else had the terminal while we were stopped. */
  readonly enterAgain: () => void
  /** As it was in the beginning. May be called when it already is. */
  readonly leave: () => void
}

/** Of the terminal that is typed on: raw. */
export const inputModes = (input: Input, fd: number): Modes => ({
  enter: async () => {
    if (!input.setRaw(true)) return false
    await set(fd, BYTES_AS_THEY_ARE)
    return true
  },
  enterAgain: () => {
    // libuv knows only what it did itself: told to set what it believes is set, it does nothing.
    input.setRaw(false)
    input.setRaw(true)
    setNow(fd, BYTES_AS_THEY_ARE)
  },
  leave: () => void input.setRaw(false)
})

/** Of a terminal that only shows: keys keep their meaning, since we do not read them. */
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

/** No terminal, no modes. */
export const noModes: Modes = { enter: async () => true, enterAgain: () => {}, leave: () => {} }
