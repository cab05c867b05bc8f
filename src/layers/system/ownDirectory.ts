/** Directories of files that are trusted because nobody else can have written them. */
import * as Fs from "node:fs"
import { isOurs } from "./ownership.ts"

/** Not a link, and nobody else writes to it. Throws what the file system throws. */
export const isOwnDirectory = (dir: string): boolean => {
  const stats = Fs.lstatSync(dir)
  return stats.isDirectory() && isOurs(stats, process.getuid!())
}

/** Makes it and its parents for the user alone. Throws when it is not the user's, and what the file system throws. */
export const makeOwnDirectory = (dir: string): void => {
  Fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  if (!isOwnDirectory(dir)) throw new Error("it is a link, or not this user's alone")
}
