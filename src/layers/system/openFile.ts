/** Open files that other processes share: their flags are one for all (open(2), "Open file descriptions"). */
import { constants, readFileSync } from "node:fs"
import { Writable } from "node:stream"
import { isatty } from "node:tty"
import { quietly } from "./quietly.ts"
import { writeWhole } from "./writeWhole.ts"

const STDERR = 2

/** A descriptor's flags; undefined where the system does not tell: only Linux does (proc_pid_fdinfo(5)). */
export const flagsOf = (fd: number): number | undefined => {
  const told = quietly(() => readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"), "")
  const flags = /^flags:\s*([0-7]+)$/m.exec(told)?.[1]
  return flags === undefined ? undefined : Number.parseInt(flags, 8)
}

/** Whether a descriptor is non-blocking. False where the system does not tell. */
export const isNonBlocking = (fd: number): boolean => ((flagsOf(fd) ?? 0) & constants.O_NONBLOCK) !== 0

/**
 * Makes of `process.stderr` a stream that writes at once, for all that is no terminal. Node's own makes a pipe
 * non-blocking as soon as anything looks at it, and node:net does whenever a socket closes.
 */
export const keepStandardError = (): void => {
  if (isatty(STDERR)) return
  let stream: Writable | undefined
  Object.defineProperty(process, "stderr", {
    configurable: true,
    get: () =>
      stream ??= new Writable({
        write: (bytes: Buffer, _, done) => {
          writeWhole(STDERR, bytes)
          done()
        }
      })
  })
}
