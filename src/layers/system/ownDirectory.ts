/** Directories for the user alone. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { isOurs } from "./ownership.ts"
import { codeOf } from "./systemError.ts"

/** Not a link, and nobody else writes to it: files in it are trusted. Throws what the file system throws. */
export const isOwnDirectory = (dir: string, uid = process.getuid!()): boolean => {
  const stats = Fs.lstatSync(dir)
  return stats.isDirectory() && isOurs(stats, uid)
}

/**
 * Makes a directory and its parents, as far as they are not there. Throws what the file system throws. Not
 * by `recursive`: Node's never ends where mkdir(2) fails with ENOENT although the parent exists, as in /proc.
 */
export const makeDirectories = (dir: string, makeParent = true): void => {
  try {
    Fs.mkdirSync(dir, 0o700)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === "EEXIST" && Fs.statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return
    if (code !== "ENOENT" || !makeParent) throw cause
    makeDirectories(Path.dirname(dir))
    makeDirectories(dir, false)
  }
}

/** Makes it and its parents for the user alone. Throws when it is not the user's, and what the file system throws. */
export const makeOwnDirectory = (dir: string): void => {
  makeDirectories(dir)
  if (!isOwnDirectory(dir)) throw new Error("it is a link, or not this user's alone")
}
