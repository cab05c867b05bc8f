/**
 * The master side of a terminal: bytes both ways. Not through node-pty's JavaScript, which drops what was not yet read
 * 200 ms after the program's end, and whose write queue spins while the program does not read, without saying "enough".
 */
import * as fs from "node:fs"
import * as tty from "node:tty"
import type { PtyHandlers } from "../../services/Pty.ts"
import { quietly } from "../system/quietly.ts"

/** More than the kernel hands over at once (Linux: N_TTY_BUF_SIZE, 4096). */
const READ_BYTES = 64 * 1024

/** After the program's end, at the most: far more than the kernel holds, should somebody else go on writing. */
const REST_BYTES = 1024 * 1024

/** Tries that follow at once when the terminal is full: a program that reads makes room within microseconds. */
const EAGER_TRIES = 3

/** Between tries, doubling up to this: 16 wake-ups a second while a program does not read. */
const SLOWEST_TRY_MS = 64

export interface PtyMaster {
  readonly listen: (handlers: Omit<PtyHandlers, "onExit">) => void
  readonly write: (bytes: Buffer) => boolean
  readonly pause: () => void
  readonly resume: () => void
  /** The program has ended: hands over the rest, as long as it may take, closes, then calls back. */
  readonly finish: (then: () => void) => void
  /** No handler is called any more; what comes is read and dropped, so that nobody blocks on it. */
  readonly discard: () => void
  readonly close: () => void
  /** Undefined once closed: the number may be somebody else's by then. */
  readonly fd: () => number | undefined
}

const isFull = (error: unknown) => (error as NodeJS.ErrnoException).code === "EAGAIN"

/**
 * Keeps the terminal's other side open too: a program that closes its own, and writes to /dev/tty later, would else
 * end the reading. O_NOCTTY, or it might become our own terminal.
 */
const holdSlave = (path: string): number | undefined =>
  quietly(() => fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NOCTTY))

/** Takes over a descriptor in non-blocking mode. With the path, the terminal stays open whoever closes it. */
export const openMaster = (fd: number, slavePath?: string): PtyMaster => {
  const slave = slavePath === undefined ? undefined : holdSlave(slavePath)
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  let handlers: Omit<PtyHandlers, "onExit"> | undefined
  let paused = false
  let closed = false
  let discarded = false
  let finished: (() => void) | undefined

  /** A copy: the handler may keep it. */
  const handOver = (length: number) => handlers?.onData(Buffer.from(buffer.subarray(0, length)))

  const stream = new tty.ReadStream(fd, {
    onread: {
      buffer,
      callback: (length) => {
        handOver(length)
        return !paused
      }
    }
  })
  // The terminal is gone; how the program ended comes from the system, not from here.
  stream.on("error", () => {})
  const isOpen = () => !closed && !stream.destroyed

  const close = () => {
    if (closed) return
    closed = true
    waiting = []
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

  /** Reading only stops for good when the kernel has nothing left: it moves what was written before it says so. */
  const drain = () => {
    for (let rest = REST_BYTES; rest > 0;) {
      if (paused || handlers === undefined || closed) return
      const length = readOnce()
      if (length === 0) break
      rest -= length
      handOver(length)
    }
    close()
    if (!discarded) finished?.()
  }

  const flow = () => {
    if (paused || handlers === undefined || closed) return
    // Not resume(), which starts in the next tick, also if it was paused in between.
    if (finished === undefined) stream.read(0)
    else setImmediate(drain)
  }

  let waiting: Array<Buffer> = []
  let fruitless = 0

  /**
   * Gives the terminal what it takes, and returns the rest. Not through the stream: libuv cannot reopen a master, so
   * it writes as if the descriptor blocked, and spins until the program reads.
   */
  const put = (bytes: Buffer): Buffer => {
    let at = 0
    try {
      while (at < bytes.length && isOpen()) at += fs.writeSync(fd, bytes, at)
    } catch (error) {
      if (isFull(error)) {
        fruitless = at > 0 ? 0 : fruitless + 1
        return bytes.subarray(at)
      }
    }
    return bytes.subarray(bytes.length)
  }

  const putLater = () => {
    if (fruitless < EAGER_TRIES) setImmediate(putWaiting)
    else setTimeout(putWaiting, Math.min(2 ** (fruitless - EAGER_TRIES), SLOWEST_TRY_MS)).unref()
  }

  const putWaiting = () => {
    if (closed) return
    while (waiting.length > 0) {
      const rest = put(waiting[0]!)
      if (rest.length > 0) {
        waiting[0] = rest
        return putLater()
      }
      waiting.shift()
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
      if (waiting.length > 0) {
        waiting.push(bytes)
        return false
      }
      const rest = put(bytes)
      if (rest.length === 0) return true
      waiting.push(rest)
      putLater()
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
