/** Standard input and output as byte paths: a terminal never blocks them, whatever it does with its output. */
import type { Writable } from "node:stream"
import * as tty from "node:tty"
import type { Size } from "../../schema/Session.ts"
import { quietly } from "../system/quietly.ts"
import { pixelsOf } from "../system/terminal.ts"
import { plainInput, plainOutput } from "./plainStreams.ts"

const STDIN = 0
const STDOUT = 1

/** More than a terminal hands over at once (N_TTY_BUF_SIZE). */
const READ_BYTES = 16 * 1024

/** The handle that Node keeps below a stream: not in its types, but in wide use for `setBlocking`. */
interface Handle {
  readonly fd: number
  readonly setBlocking: (blocking: boolean) => number
}

const handleOf = (stream: tty.ReadStream | tty.WriteStream): Handle | undefined =>
  (stream as unknown as { readonly _handle?: Handle })._handle

/**
 * libuv opens a terminal again, so that its modes do not affect all processes that share the descriptor. It cannot when
 * the terminal is another user's (after su): then there is only the shared descriptor.
 */
const isOwn = (stream: tty.ReadStream | tty.WriteStream, fd: number): boolean => handleOf(stream)?.fd !== fd

/** Closes our own descriptor. Sets it to blocking first: the shared descriptor stays open, and has the same mode. */
const release = (stream: tty.ReadStream | tty.WriteStream, fd: number) => {
  if (!isOwn(stream, fd)) return
  handleOf(stream)?.setBlocking(true)
  stream.destroy()
}

/** The size of a terminal now. */
export const sizeOf = (fd: number): Size | undefined =>
  quietly(() => {
    const stream = new tty.WriteStream(fd)
    const { columns, rows } = stream
    release(stream, fd)
    return columns > 0 && rows > 0 ? { cols: columns, rows, ...pixelsOf(fd) } : undefined
  })

export interface Input {
  readonly pause: () => void
  readonly resume: () => void
  /** False when the terminal refuses. */
  readonly setRaw: (raw: boolean) => boolean
  readonly close: () => void
}

export interface InputHandlers {
  readonly onInput: (bytes: Buffer) => void
  readonly onEnd: () => void
}

const once = (act: () => void): () => void => {
  let done = false
  return () => {
    if (done) return
    done = true
    act()
  }
}

/**
 * A terminal's input. Nothing is read ahead: what was not handed over stays for the next reader. `ahead`: what was read
 * before, which comes first.
 */
export const openTerminalInput = (fd: number, handlers: InputHandlers, ahead: Buffer = Buffer.alloc(0)): Input => {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  let isFlowing = false
  const handOverAhead = () => {
    if (!isFlowing || ahead.length === 0) return
    const bytes = ahead
    ahead = Buffer.alloc(0)
    handlers.onInput(bytes)
  }
  const stream = new tty.ReadStream(fd, {
    onread: {
      buffer,
      callback: (length) => {
        handlers.onInput(Buffer.from(buffer.subarray(0, length)))
        return isFlowing
      }
    }
  })
  let isClosed = false
  const onEnd = once(() => {
    if (!isClosed) handlers.onEnd()
  })
  for (const event of ["end", "error", "close"]) stream.on(event, onEnd)
  return {
    pause: () => {
      isFlowing = false
      stream.pause()
    },
    resume: () => {
      isFlowing = true
      // Before the terminal can say more, and not from within this call.
      process.nextTick(handOverAhead)
      // Not resume(): it starts in the next tick, even if the stream was paused in between.
      stream.read(0)
    },
    setRaw: (raw) => stream.setRawMode(raw).isRaw === raw,
    close: () => {
      isClosed = true
      isFlowing = false
      stream.pause()
      release(stream, fd)
    }
  }
}

/** Standard input when it is not a terminal: a pipe, a file, or closed. */
export const openPlainInput = (handlers: InputHandlers): Input => {
  const { close, stream: stdin } = plainInput(STDIN, () => process.stdin)
  const onEnd = once(handlers.onEnd)
  const events = ["end", "error", "close"]
  stdin.on("data", handlers.onInput)
  for (const event of events) stdin.on(event, onEnd)
  stdin.pause()
  return {
    pause: () => void stdin.pause(),
    resume: () => void stdin.resume(),
    setRaw: () => true,
    close: () => {
      stdin.pause()
      stdin.off("data", handlers.onInput)
      for (const event of events) stdin.off(event, onEnd)
      stdin.on("error", () => {})
      close()
    }
  }
}

export interface Output {
  readonly write: (bytes: Buffer) => boolean
  /** Runs once all output was taken. Returns a function that cancels it. */
  readonly whenTaken: (run: () => void) => () => void
  /** Resolves when what was taken has come out, or will not. */
  readonly close: () => void | Promise<void>
}

export interface OutputHandlers {
  readonly onDrain: () => void
  /** Output has no reader any more: the terminal hung up (EIO), or the reader of a pipe ended (EPIPE). */
  readonly onGone: () => void
}

const outputOn = (
  stream: Writable,
  handlers: OutputHandlers,
  close: () => void | Promise<void>
): Output => {
  let waiting = 0
  let isClosed = false
  const waiters = new Set<() => void>()
  const taken = () => {
    waiting--
    if (waiting > 0) return
    for (const run of waiters) run()
    waiters.clear()
  }
  const onDrain = () => handlers.onDrain()
  const onError = once(() => {
    if (!isClosed) handlers.onGone()
  })
  stream.on("drain", onDrain)
  // Stays after the close: the last write may fail later.
  stream.on("error", onError)
  // Between us and the reader there may be a process, which ends without an error of ours.
  stream.on("close", onError)
  return {
    write: (bytes) => {
      if (isClosed || stream.destroyed || stream.errored) return true
      waiting++
      return stream.write(bytes, taken)
    },
    whenTaken: (run) => {
      if (waiting === 0) run()
      else waiters.add(run)
      return () => waiters.delete(run)
    },
    close: () => {
      isClosed = true
      stream.off("drain", onDrain)
      return close()
    }
  }
}

/**
 * A terminal's output. Node makes it block, and then a stopped terminal (Ctrl-S) would stop everything, including the
 * detach key. A shared descriptor stays as Node has it.
 */
export const openTerminalOutput = (fd: number, handlers: OutputHandlers): Output => {
  const stream = new tty.WriteStream(fd)
  if (isOwn(stream, fd)) handleOf(stream)?.setBlocking(false)
  return outputOn(stream, handlers, () => release(stream, fd))
}

/** Standard output when it is not a terminal. A pipe does not block, a file cannot be waited for. */
export const openPlainOutput = (handlers: OutputHandlers): Output => {
  const { close, stream } = plainOutput(STDOUT, () => process.stdout)
  return outputOn(stream, handlers, close)
}
