/**
 * Standard input and output that are pipes or sockets, as streams that do not block, without a trace for the processes
 * that share them. Node would make them non-blocking: that is a flag of the open file, which all of these processes
 * have, and most of them lose output when a write fails with EAGAIN.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { constants, existsSync, fstatSync, openSync } from "node:fs"
import { Socket } from "node:net"
import type { Readable, Writable } from "node:stream"
import { quietly } from "../system/quietly.ts"

/** Copies bytes between a descriptor, which blocks it, and us. Found without PATH, which may be empty. */
const CAT = ["/bin/cat", "/usr/bin/cat"]

/** A stream, and how to let go of it. */
export interface Plain<S> {
  readonly stream: S
  readonly close: () => void
}

/** What a descriptor refers to, opened again for us alone. Pipes can be, on Linux, if they are the user's own. */
const reopened = (fd: number, access: number): number | undefined =>
  process.platform === "linux" && fstatSync(fd).isFIFO()
    ? quietly(() => openSync(`/proc/self/fd/${fd}`, access | constants.O_NONBLOCK))
    : undefined

/** Whether Node would change flags of it. Files never block, and Node opens terminals again itself. */
const isShared = (fd: number): boolean => {
  const stat = fstatSync(fd)
  return stat.isFIFO() || stat.isSocket()
}

const copier = (stdio: readonly [number | "pipe", number | "pipe"]): ChildProcess | undefined => {
  const file = CAT.find((file) => existsSync(file))
  return file === undefined ? undefined : spawn(file, { cwd: "/", env: {}, stdio: [...stdio, "ignore"] })
}

const end = (child: ChildProcess) => {
  child.on("error", () => {})
  child.unref()
}

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
  end(child)
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
    return { stream, close: () => void stream.destroySoon() }
  }
  const child = isShared(fd) ? copier(["pipe", fd]) : undefined
  const stdin = child?.stdin ?? undefined
  if (child === undefined || stdin === undefined) return { stream: whole(), close: () => {} }
  end(child)
  return { stream: stdin, close: () => void stdin.end() }
}
