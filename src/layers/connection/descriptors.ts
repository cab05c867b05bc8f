/** How many files this process may still open: without any, nobody can connect to end the session. */
import * as Fs from "node:fs"
import type * as Net from "node:net"
import { quietly } from "../system/quietly.ts"

/** Descriptors that are kept for clients that list, detach and kill, and for what is done for them. */
const RESERVED = 12

/** The soft limit of open files (proc_pid_limits(5)). Infinity where the system does not tell it so. */
const readLimit = (): number =>
  quietly(() => {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(Fs.readFileSync("/proc/self/limits", "utf8")) ?? []
    return soft === undefined ? Infinity : Number(soft)
  }, Infinity)

/**
 * Tells whether few descriptors are left after a new connection. A new descriptor has the lowest number that is free
 * (open(2)): a high one tells how many connections there can be, a low one may be a gap.
 */
export const makeIsScarce = (limit = readLimit()) => {
  let open = 0
  let most = Infinity
  return (socket: Net.Socket): boolean => {
    open++
    socket.once("close", () => open--)
    const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } | null }
    if (handle?.fd !== undefined && handle.fd >= limit - RESERVED) most = open - 1
    return open > most
  }
}
