/** Directories of files that are trusted because nobody else can have written them. */
import * as Fs from "node:fs"
import { isOurs } from "./ownership.ts"

/** Makes it and its parents for the user alone. Throws when it is not the user's, and what the file system throws. */
export const makeOwnDirectory = (dir: string): void => {
  Fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  const stats = Fs.lstatSync(dir)
  if (!stats.isDirectory() || !isOurs(stats, process.getuid!())) throw new Error(`${dir} is not ours alone`)
}
