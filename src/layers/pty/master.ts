/**
 * The master side of a terminal: bytes both ways. Without node-pty's JavaScript, which drops unread output 200 ms after
 * the program's end, and whose write queue spins while the program does not read and never asks to wait.
 */
import * as fs from "node:fs"
import * as tty from "node:tty"
import type { PtyHandlers } from "../../services/Pty.ts"
import { quietly } from "../system/quietly.ts"

/** More than the kernel gives in one read (Linux: N_TTY_BUF_SIZE, 4096). */
const READ_BYTES = 64 * 1024

/** Most output read after the program's end: far more than the kernel holds. Another process may go on writing. */
const MAX_REST_BYTES = 1024 * 1024

/** Immediate retries when the terminal is full: a program that reads makes room within microseconds. */
const EAGER_TRIES = 3

/** Longest time between retries, which doubles up to this: 16 wake-ups a second while a program does not read. */
const MAX_RETRY_MS = 64

export interface PtyMaster {
  readonly listen: (handlers: Omit<PtyHandlers, "onExit">) => void
  readonly write: (bytes: Buffer) => boolean
  readonly pause: () => void
  readonly resume: () => void
  /** The program has ended: hands over the rest, however long that takes, closes, then calls back. */
  readonly finish: (then: () => void) => void
  /** Calls no handler any more; reads and drops output, so that no writer blocks. */
  readonly discard: () => void
  readonly close: () => void
  /** Undefined once closed: the number may then belong to another file. */
  readonly fd: () => number | undefined
}

const isFull = (error: unknown) => (error as NodeJS.ErrnoException).code === "EAGAIN"

/**
 * Opens the terminal's slave side too. Otherwise reading would end when a program closes its descriptors, although it
 * may write to /dev/tty later. O_NOCTTY: it must not become our own terminal.
 */
const holdSlave = (path: string): number | undefined =>
  quietly(() => fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NOCTTY))

/** Takes over a descriptor in non-blocking mode. With the slave's path, the terminal stays open until `close`. */
export const openMaster = (fd: number, slavePath?: string): PtyMaster => {
  const slave = slavePath === undefined ? undefined : holdSlave(slavePath)
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  let handlers: Omit<PtyHandlers, "onExit"> | undefined
  let paused = false
  let closed = false
  let discarded = false
  let finished: (() => void) | undefined

  /** A copy: the handler may keep it. */
  const emit = (length: number) => handlers?.onData(Buffer.from(buffer.subarray(0, length)))

  const stream = new tty.ReadStream(fd, {
    onread: {
      buffer,
      callback: (length) => {
        emit(length)
        return !paused
      }
    }
  })
  // The terminal is gone. The system reports the program's end, not this stream.
  stream.on("error", () => {})
  const isOpen = () => !closed && !stream.destroyed

  const close = () => {
    if (closed) return
    closed = true
    unwritten = []
    stream.destroy()
    if (slave !== undefined) fs.closeSync(slave)
  }

  const readOnce = (): number => {
    if (!isOpen()) return 0
    try {
      return fs.readSync(fd, buffer)
    } catch {
      return 0
    }
  }

  /** Reads all that is left: the kernel gives everything that was written before it reports the end. */
  const drain = () => {
    for (let rest = MAX_REST_BYTES; rest > 0;) {
      if (paused || handlers === undefined || closed) return
      const length = readOnce()
      if (length === 0) break
      rest -= length
      emit(length)
    }
    close()
    if (!discarded) finished?.()
  }

  const flow = () => {
    if (paused || handlers === undefined || closed) return
    // Not resume(): that starts in the next tick, even if paused before then.
    if (finished === undefined) stream.read(0)
    else setImmediate(drain)
  }

  let unwritten: Array<Buffer> = []
  let failedTries = 0

  /**
   * Writes as much as the terminal takes, and returns the rest. Not through the stream: libuv cannot reopen a master,
   * so it writes as if the descriptor blocked, and spins until the program reads.
   */
  const writeSome = (bytes: Buffer): Buffer => {
    let at = 0
    try {
      while (at < bytes.length && isOpen()) at += fs.writeSync(fd, bytes, at)
    } catch (error) {
      if (isFull(error)) {
        failedTries = at > 0 ? 0 : failedTries + 1
        return bytes.subarray(at)
      }
    }
    return bytes.subarray(bytes.length)
  }

  const retryLater = () => {
    if (failedTries < EAGER_TRIES) setImmediate(writeUnwritten)
    else setTimeout(writeUnwritten, Math.min(2 ** (failedTries - EAGER_TRIES), MAX_RETRY_MS)).unref()
  }

  const writeUnwritten = () => {
    if (closed) return
    while (unwritten.length > 0) {
      const rest = writeSome(unwritten[0]!)
      if (rest.length > 0) {
        unwritten[0] = rest
        return retryLater()
      }
      unwritten.shift()
    }
    handlers?.onDrain()
  }

  return {
    listen: (given) => {
      handlers = given
      flow()
    },
    write: (bytes) => {
      if (!isOpen()) return true
      if (unwritten.length > 0) {
        unwritten.push(bytes)
        return false
      }
      const rest = writeSome(bytes)
      if (rest.length === 0) return true
      unwritten.push(rest)
      retryLater()
      return false
    },
    pause: () => {
      paused = true
      stream.pause()
    },
    resume: () => {
      paused = false
      flow()
    },
    finish: (then) => {
      finished = then
      stream.pause()
      drain()
    },
    discard: () => {
      handlers = { onData: () => {}, onDrain: () => {} }
      discarded = true
      paused = false
      flow()
    },
    close,
    fd: () => isOpen() ? fd : undefined
  }
}
