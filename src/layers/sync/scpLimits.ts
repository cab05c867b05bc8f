/** What scp cannot copy: it follows links, and names are lines of text in its old protocol. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { hasUnseen } from "../../schema/Text.ts"
import { codeOf } from "../system/systemError.ts"
import { within } from "./tree.ts"

/** Why scp cannot copy a link below the path; undefined when it can. */
const linkProblem = (home: string, path: string): string | undefined => {
  const real = Fs.realpathSync(path)
  if (!within(real, home)) return "leads out of the home"
  // The directory may even be one that the link is in.
  return Fs.statSync(real).isDirectory() ? "is a link to a directory" : undefined
}

const problemOf = (home: string, path: string, stat: Fs.Stats): string | undefined => {
  if (hasUnseen(Path.basename(path))) return "has control characters in its name"
  if (stat.isSymbolicLink()) return linkProblem(home, path)
  return stat.isFile() || stat.isDirectory() ? undefined : "is no file"
}

/**
 * Why scp cannot copy a path of the home; undefined when it can. The path itself may be a link; a link to a file is
 * copied as that file. Nothing can be left out: no path may be `kept`.
 */
export const unfitForScp = (home: string, path: string, kept: ReadonlyArray<string>): string | undefined => {
  const realHome = Fs.realpathSync(home)
  const queue = [path]
  for (const one of queue) {
    const full = Path.join(home, one)
    try {
      if (kept.includes(one)) return `${one} is sesh's own: only rsync can leave it out`
      const stat = one === path ? Fs.statSync(full) : Fs.lstatSync(full)
      const problem = problemOf(realHome, full, stat)
      if (problem !== undefined) return `${one} ${problem}: only rsync can copy this`
      if (stat.isDirectory()) queue.push(...Fs.readdirSync(full).map((name) => Path.join(one, name)))
    } catch (error) {
      return `${one} cannot be read (${codeOf(error)})`
    }
  }
  return undefined
}
