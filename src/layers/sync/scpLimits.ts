/** What scp cannot copy: it follows links, and names are lines of text in its old protocol. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { hasUnseen } from "../../schema/Text.ts"
import { codeOf } from "../system/systemError.ts"
import { within } from "./tree.ts"

/** Why scp cannot copy a link; undefined when it can. */
const linkProblem = (home: string, path: string): string | undefined => {
  const real = Fs.realpathSync(path)
  if (!within(real, home)) return "leads out of the home"
  // The directory may even be one that the link is in.
  return Fs.statSync(real).isDirectory() ? "is a link to a directory" : undefined
}

const problemOf = (home: string, path: string): string | undefined => {
  if (hasUnseen(Path.basename(path))) return "has control characters in its name"
  const stat = Fs.lstatSync(path)
  if (stat.isSymbolicLink()) return linkProblem(home, path)
  return stat.isFile() || stat.isDirectory() ? undefined : "is no file"
}

/** Why scp cannot copy a path of the home; undefined when it can. A link to a file is copied as that file. */
export const unfitForScp = (home: string, path: string): string | undefined => {
  const realHome = Fs.realpathSync(home)
  const queue = [path]
  for (const one of queue) {
    const full = Path.join(home, one)
    try {
      const problem = problemOf(realHome, full)
      if (problem !== undefined) return `${one} ${problem}: only rsync can copy this`
      if (Fs.lstatSync(full).isDirectory()) queue.push(...Fs.readdirSync(full).map((name) => Path.join(one, name)))
    } catch (error) {
      return `${one} cannot be read (${codeOf(error)})`
    }
  }
  return undefined
}
