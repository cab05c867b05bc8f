/** The daemon's log, which holds its standard error. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { readTail } from "../system/files.ts"
import { quietly } from "../system/quietly.ts"

/** How much of a log's end a message quotes, in bytes and lines. */
const TAIL_BYTES = 4096
const TAIL_LINES = 5

const STDERR = 2

export interface DaemonLog {
  /** For the daemon's standard error, where Node reports a crash. */
  readonly fd: number | "ignore"
  /** The last lines written since it was opened. */
  readonly tail: () => string
  readonly close: () => void
}

const none: DaemonLog = { fd: "ignore", tail: () => "", close: () => undefined }

const tail = (path: string, from: number): string =>
  readTail(path, from, TAIL_BYTES).trim().split("\n").slice(-TAIL_LINES).join("\n")

/** For the daemon, whose standard error it is: removes a log to which nothing was written. */
export const removeEmptyLog = (): void =>
  // Not a file, or no /proc: then an empty file stays.
  quietly(() => {
    const { ino, size } = Fs.fstatSync(STDERR)
    const path = Fs.readlinkSync(`/proc/self/fd/${STDERR}`)
    if (size === 0 && path.endsWith(".log") && Fs.statSync(path).ino === ino) Fs.unlinkSync(path)
  })

/** Opens the log to append. A log that cannot be written is ignored. */
export const openLog = (path: string): DaemonLog =>
  quietly(() => {
    Fs.mkdirSync(Path.dirname(path), { recursive: true, mode: 0o700 })
    const fd = Fs.openSync(path, "a", 0o600)
    const { size } = Fs.fstatSync(fd)
    return { fd, tail: () => tail(path, size), close: () => Fs.closeSync(fd) }
  }, none)
