import * as fs from "node:fs"
import * as path from "node:path"

/** Makes a directory for a PATH: every program of this system but those. */
export const programsBut = (dir: string, without: ReadonlyArray<string>): string => {
  fs.mkdirSync(dir)
  for (const bin of ["/usr/bin", "/bin"]) {
    for (const program of fs.readdirSync(bin)) {
      const link = path.join(dir, program)
      if (!without.includes(program) && fs.lstatSync(link, { throwIfNoEntry: false }) === undefined) {
        fs.symlinkSync(path.join(bin, program), link)
      }
    }
  }
  return dir
}
