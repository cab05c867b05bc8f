/** Files of ours that hold a record: written whole or not at all, and read with the suspicion that anything may lie there. */
import * as Fs from "node:fs"

/**
 * What a file has, if that is no more than `most` bytes; else it is empty. Throws what `open` throws: a link is not
 * followed. A fifo would be waited for, and a device is no file of ours.
 */
export const readSmallFile = (path: string, most: number): string => {
  const fd = Fs.openSync(path, Fs.constants.O_RDONLY | Fs.constants.O_NOFOLLOW | Fs.constants.O_NONBLOCK)
  try {
    const stat = Fs.fstatSync(fd)
    if (!stat.isFile() || stat.size > most) return ""
    const bytes = Buffer.alloc(stat.size)
    return bytes.toString("utf8", 0, Fs.readSync(fd, bytes))
  } finally {
    Fs.closeSync(fd)
  }
}

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
