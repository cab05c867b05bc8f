/** The files of an ssh configuration, as far as they may be trusted. */
import * as Result from "effect/Result"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { isWritableByOthers } from "../../../system/ownership.ts"
import { quietly } from "../../../system/quietly.ts"
import { codeOf, isAbsent } from "../../../system/systemError.ts"
import { BadConfig, type Files } from "./read.ts"

/** Bytes: a configuration of thousands of hosts. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

/** One component of a path, as in glob(7). The pattern is the user's own. */
const partOf = (pattern: string): RegExp => {
  const source = pattern.replaceAll(
    /\[(!?)([^\]]+)\]|[*?]|[\\^$.|+(){}[\]]/g,
    (part, not: string, set: string | undefined) => {
      if (set !== undefined) return `[${not === "" ? "" : "^"}${set.replaceAll(/[\\^]/g, "\\$&")}]`
      return part === "*" ? ".*" : part === "?" ? "." : `\\${part}`
    }
  )
  return new RegExp(`^${source}$`, "su")
}

/** Matching names in the order of their bytes. A leading dot must be in the pattern (glob(3)). */
const glob = (pattern: string): ReadonlyArray<string> => {
  let found = ["/"]
  for (const part of pattern.split("/").filter((part) => part !== "")) {
    if (!/[*?[]/.test(part)) {
      found = found.map((dir) => Path.join(dir, part))
      continue
    }
    const pattern = partOf(part)
    found = found.flatMap((dir) =>
      quietly(() => Fs.readdirSync(dir), [])
        .filter((name) => (!name.startsWith(".") || part.startsWith(".")) && pattern.test(name))
        .toSorted()
        .map((name) => Path.join(dir, name))
    )
  }
  return found.filter((path) => Fs.existsSync(path))
}

/** `checked`: a file that others can write is a failure, as in ssh for the user's own. */
const read = (path: string, uid: number, checked: boolean): Result.Result<string | undefined, BadConfig> => {
  const bad = (problem: string) => Result.fail(new BadConfig({ problem: `${path} ${problem}` }))
  try {
    const stat = Fs.statSync(path)
    if (!stat.isFile() || stat.size > MAX_FILE_BYTES) return bad("is no configuration")
    const owned = stat.uid === 0 || stat.uid === uid
    if (checked && (!owned || isWritableByOthers(stat))) {
      return bad("belongs to somebody else, or others can write to it")
    }
    return Result.succeed(Fs.readFileSync(path, "utf8"))
  } catch (cause) {
    if (isAbsent(cause)) return Result.succeed(undefined)
    return Result.fail(new BadConfig({ problem: `${path} cannot be read (${codeOf(cause)})`, cause }))
  }
}

export const diskFiles = (home: string, uid: number, isUsers: boolean): Files => ({
  read: (path, isIncluded) => read(path, uid, isUsers || isIncluded),
  glob,
  home
})
