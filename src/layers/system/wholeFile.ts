/** Files of ours that hold a record: written whole or not at all, and read with the suspicion that anything may lie there. */
import * as Fs from "node:fs"

/**
 * What a file has; undefined when that is more than `most` bytes, or it is no file: a fifo would be waited for, and a device
 * has no end. Throws what the file system throws.
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

/** The text of such a file, empty when it is none; a link is not followed. Throws what the file system throws. */
export const readSmallFile = (path: string, most: number): string =>
  readFileUpTo(path, most, Fs.constants.O_NOFOLLOW)?.toString("utf8") ?? ""

/**
 * Makes something under another name first, so that nobody ever sees half of it or none. Throws what `make` and the file
 * system throw.
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

/** Puts a file in place of what is there, whole or not at all, whatever the umask. Throws what the file system throws. */
export const writeWholeFile = (path: string, content: string | Uint8Array, mode = 0o600): void =>
  replaceFile(path, (temporary) => {
    Fs.writeFileSync(temporary, content, { flag: "wx", mode })
    Fs.chmodSync(temporary, mode)
  })
