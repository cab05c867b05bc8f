/** The processes on a terminal: their pids, which one is in the foreground, and signals to them. */
import * as fs from "node:fs"
import { fromBytes, pathOf } from "../../schema/ByteString.ts"
import type { Foreground } from "../../services/Pty.ts"
import { quietly } from "../system/quietly.ts"
import { procProcesses } from "./procProcesses.ts"
import { psProcesses } from "./psProcesses.ts"

/** A terminal, and the program that was started on it. */
export interface ProgramOnTerminal {
  /** Of the program, which leads the session on the terminal. */
  readonly pid: number
  /** Path of the terminal's device. */
  readonly device: string
  /** False once our side is closed: the system may then give the device's name to another terminal. */
  readonly isOpen: () => boolean
  /** Turns a real path into the user's. */
  readonly userPath: (path: string) => string
}

export interface PtyProcesses {
  /** The program, and its descendants that made no session of their own. */
  readonly pids: () => ReadonlyArray<number>
  /** Calls back once, soon whatever the system does: at once where that needs no other process. */
  readonly foreground: (then: (now: Foreground) => void) => void
}

/** Of the user's name for a directory, where the session began behind a symlink. */
export const toUserPath = (start: string): (path: string) => string => {
  const real = quietly(() => fromBytes(fs.realpathSync.native(pathOf(start), { encoding: "buffer" })))
  if (real === undefined) return (path) => path
  return (path) => path === real || path.startsWith(`${real}/`) ? `${start}${path.slice(real.length)}` : path
}

/** `platform` as in Node: Linux has /proc, every other system has ps(1). */
export const ptyProcesses = (platform: string, terminal: ProgramOnTerminal): PtyProcesses =>
  platform === "linux" ? procProcesses(terminal) : psProcesses(terminal)

/** Sends a signal to each of them. */
export const signalAll = (pids: ReadonlyArray<number>, signal: NodeJS.Signals): void => {
  // Already gone, or of another user: sudo's child.
  for (const pid of pids) quietly(() => process.kill(pid, signal))
}
