/**
 * Standard input and output that are pipes or sockets, as streams that do not block, without a trace for the processes
 * that share them. Node would make them non-blocking: that is a flag of the open file, which all of these processes
 * have, and most of them lose output when a write fails with EAGAIN.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { constants, existsSync, fstatSync, openSync } from "node:fs"
import { Socket } from "node:net"
import type { Readable, Writable } from "node:stream"
import { isNonBlocking } from "../system/openFile.ts"
import { quietly } from "../system/quietly.ts"

/** Copies bytes between a descriptor, which blocks it, and us. Found without PATH, which may be empty. */
const CAT = ["/bin/cat", "/usr/bin/cat"]

/** How long what was taken may take to come out, once the stream is closed: as for a terminal. */
const CLOSING_MS = 1000

/** A stream, and how to let go of it. */
export interface Plain<S> {
  readonly stream: S
  /** Resolves when nothing more comes out. */
  readonly close: () => void | Promise<void>
}

/** What a descriptor refers to, opened again for us alone. Pipes can be, on Linux, if they are the user's own. */
const reopened = (fd: number, access: number): number | undefined =>
  process.platform === "linux" && fstatSync(fd).isFIFO()
    ? quietly(() => openSync(`/proc/self/fd/${fd}`, access | constants.O_NONBLOCK))
    : undefined

/**
 * Whether Node would change flags of it. Files never block, Node opens terminals again itself, and what is non-blocking
 * already stays so: to the copier, a new process gets it blocking.
 */
const isShared = (fd: number): boolean => {
  const stat = fstatSync(fd)
  return (stat.isFIFO() || stat.isSocket()) && !isNonBlocking(fd)
}

const copier = (stdio: readonly [number | "pipe", number | "pipe"]): ChildProcess | undefined => {
  const file = CAT.find((file) => existsSync(file))
  if (file === undefined) return undefined
  const child = spawn(file, { cwd: "/", env: {}, stdio: [...stdio, "ignore"] })
  child.on("error", () => {})
  child.unref()
  // Where no process can be started, a stream that changes flags is better than none.
  return child.pid === undefined ? undefined : child
}

/** Waits for what closes by itself, but not for ever. */
const closed = (one: ChildProcess | Socket, isClosed: boolean): Promise<void> =>
  new Promise((resolve) => {
    if (isClosed) return resolve()
    const timer = setTimeout(resolve, CLOSING_MS)
    one.once("close", () => {
      clearTimeout(timer)
      resolve()
    })
  })

/** Standard input. Closing leaves what was not read to the next reader, but for a socket, which is read ahead. */
export const plainInput = (fd: number, whole: () => Readable): Plain<Readable> => {
  const own = isShared(fd) ? reopened(fd, constants.O_RDONLY) : undefined
  if (own !== undefined) {
    const stream = new Socket({ fd: own, readable: true, writable: false })
    return { stream, close: () => void stream.destroy() }
  }
  const child = isShared(fd) ? copier([fd, "pipe"]) : undefined
  const stdout = child?.stdout ?? undefined
  if (child === undefined || stdout === undefined) {
    const stream = whole()
    return { stream, close: () => void stream.pause() }
  }
  return {
    stream: stdout,
    close: () => {
      child.kill("SIGKILL")
      stdout.destroy()
    }
  }
}

/** Standard output. What was taken still comes out after closing. */
export const plainOutput = (fd: number, whole: () => Writable): Plain<Writable> => {
  const own = isShared(fd) ? reopened(fd, constants.O_WRONLY) : undefined
  if (own !== undefined) {
    const stream = new Socket({ fd: own, readable: false, writable: true })
    return {
      stream,
      close: () => {
        stream.destroySoon()
        return closed(stream, stream.closed)
      }
    }
  }
  const child = isShared(fd) ? copier(["pipe", fd]) : undefined
  const stdin = child?.stdin ?? undefined
  if (child === undefined || stdin === undefined) return { stream: whole(), close: () => {} }
  return {
    stream: stdin,
    close: () => {
      stdin.end()
      return closed(child, child.exitCode !== null || child.signalCode !== null)
    }
  }
}
