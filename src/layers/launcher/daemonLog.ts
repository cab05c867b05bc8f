/** The daemon's log, which holds its standard error. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { readTail } from "../system/files.ts"
import { makeDirectories } from "../system/ownDirectory.ts"
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

/** The file of a descriptor, as Linux tells it. */
const pathByProc = (fd: number): string | undefined => quietly(() => Fs.readlinkSync(`/proc/self/fd/${fd}`))

/**
 * For the daemon: removes the log to which nothing was written. `fd` is that of its standard error; `path` counts where
 * the system does not tell the descriptor's, and only if it is that file. Any other file stays.
 */
export const removeEmptyLog = (path: string | undefined, fd = STDERR, pathOf = pathByProc): void =>
  quietly(() => {
    const log = pathOf(fd) ?? path ?? ""
    const [open, named] = [Fs.fstatSync(fd), Fs.statSync(log)]
    const isLog = open.ino === named.ino && open.dev === named.dev && log.endsWith(".log")
    if (open.size === 0 && isLog) Fs.unlinkSync(log)
  })

/** Opens the log to append. A log that cannot be written is ignored. */
export const openLog = (path: string): DaemonLog =>
  quietly(() => {
    makeDirectories(Path.dirname(path))
    const fd = Fs.openSync(path, "a", 0o600)
    const { size } = Fs.fstatSync(fd)
    return { fd, tail: () => tail(path, size), close: () => Fs.closeSync(fd) }
  }, none)
