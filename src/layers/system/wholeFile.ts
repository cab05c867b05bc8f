/** sesh's own files that hold a record: written whole or not at all, and read without trust in what is there. */
import * as Fs from "node:fs"

/**
 * A file's content; undefined when it has more than `most` bytes, or is not a regular file: reading a fifo would wait,
 * and a device has no end. Throws what the file system throws.
 */
export const readFileUpTo = (path: string, most: number, flags = 0): Buffer | undefined => {
  const fd = Fs.openSync(path, Fs.constants.O_RDONLY | Fs.constants.O_NONBLOCK | flags)
  try {
    const stat = Fs.fstatSync(fd)
    if (!stat.isFile() || stat.size > most) return undefined
    const bytes = Buffer.alloc(stat.size)
    return bytes.subarray(0, Fs.readSync(fd, bytes))
  } finally {
    Fs.closeSync(fd)
  }
}

/** The text of such a file, empty when it is not one; a link is not followed. Throws what the file system throws. */
export const readSmallFile = (path: string, most: number): string =>
  readFileUpTo(path, most, Fs.constants.O_NOFOLLOW)?.toString("utf8") ?? ""

/**
 * Makes a file under another name first, so that no reader ever sees half of it, or no file. Throws what `make` and the
 * file system throw.
 */
export const replaceFile = (path: string, make: (temporary: string) => void): void => {
  const temporary = `${path}.${process.pid}`
  Fs.rmSync(temporary, { force: true })
  try {
    make(temporary)
    Fs.renameSync(temporary, path)
  } catch (cause) {
    Fs.rmSync(temporary, { force: true })
    throw cause
  }
}

/** Replaces a file, whole or not at all, whatever the umask. Throws what the file system throws. */
export const writeWholeFile = (path: string, content: string | Uint8Array, mode = 0o600): void =>
  replaceFile(path, (temporary) => {
    Fs.writeFileSync(temporary, content, { flag: "wx", mode })
    Fs.chmodSync(temporary, mode)
  })
