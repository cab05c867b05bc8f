/** The daemon's log, seen by who starts it. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { readTail } from "../system/files.ts"
import { quietly } from "../system/quietly.ts"

/** How much of the end of a log helps, in bytes and lines. */
const TAIL_BYTES = 4096
const TAIL_LINES = 5

const STDERR = 2

export interface DaemonLog {
  /** What the daemon has for its standard error: the last words of a Node that crashes go there. */
  readonly fd: number | "ignore"
  /** What was written since it was opened: its last lines. */
  readonly tail: () => string
  readonly close: () => void
}

const none: DaemonLog = { fd: "ignore", tail: () => "", close: () => undefined }

const tail = (path: string, from: number): string =>
  readTail(path, from, TAIL_BYTES).trim().split("\n").slice(-TAIL_LINES).join("\n")

/** Seen from the daemon, whose standard error it is: nothing was written, so nothing is left behind. */
export const removeEmptyLog = (): void =>
  // Not a file, or no /proc to ask: then an empty file stays.
  quietly(() => {
    const { ino, size } = Fs.fstatSync(STDERR)
    const path = Fs.readlinkSync(`/proc/self/fd/${STDERR}`)
    if (size === 0 && path.endsWith(".log") && Fs.statSync(path).ino === ino) Fs.unlinkSync(path)
  })

/** Opens the log to append. One that cannot be written is done without. */
export const openLog = (path: string): DaemonLog =>
  quietly(() => {
    Fs.mkdirSync(Path.dirname(path), { recursive: true, mode: 0o700 })
    const fd = Fs.openSync(path, "a", 0o600)
    const { size } = Fs.fstatSync(fd)
    return { fd, tail: () => tail(path, size), close: () => Fs.closeSync(fd) }
  }, none)
