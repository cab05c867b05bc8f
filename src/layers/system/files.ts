/** Files that may be missing, or not accessible: failures are ignored. */
import * as Fs from "node:fs"
import { quietly } from "./quietly.ts"

/** Bytes that are read from an end of a file by default. */
const END_BYTES = 64 * 1024

/** Reads at most `most` bytes of a file; empty when it cannot be read. */
const read = (path: string, startOf: (size: number) => number, most: number): string =>
  quietly(() => {
    const file = Fs.openSync(path, "r")
    try {
      const { size } = Fs.fstatSync(file)
      const start = startOf(size)
      const bytes = Buffer.alloc(Math.max(0, Math.min(most, size - start)))
      return bytes.toString("utf8", 0, Fs.readSync(file, bytes, 0, bytes.length, start))
    } finally {
      Fs.closeSync(file)
    }
  }, "")

/** The end of a file, after an offset, at most `most` bytes; empty when it cannot be read. */
export const readTail = (path: string, from = 0, most = END_BYTES): string =>
  read(path, (size) => Math.max(from, size - most), most)

/** The beginning of a file; empty when it cannot be read. */
export const readHead = (path: string): string => read(path, () => 0, END_BYTES)

/** Bytes; 0 when there is no file. */
export const sizeOf = (path: string): number => quietly(() => Fs.statSync(path).size, 0)

/** Its last change, as a part of a key. */
export const versionOf = (path: string): string => quietly(() => String(Fs.statSync(path).mtimeMs), "")

/** Removes a file, a link or a socket, not a directory. */
export const remove = (path: string): void => quietly(() => Fs.unlinkSync(path))

export const shorten = (path: string): void => quietly(() => Fs.truncateSync(path))
