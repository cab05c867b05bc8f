import { writeSync } from "node:fs"

/** How long to wait for the reader of a pipe that another process has made non-blocking. */
const RETRY_MS = 5

/** Writes everything before returning; the error if it could not. */
export const writeWhole = (fd: number, bytes: Uint8Array): NodeJS.ErrnoException | undefined => {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (cause) {
      const error = cause as NodeJS.ErrnoException
      if (error.code !== "EAGAIN") return error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
  }
  return undefined
}
