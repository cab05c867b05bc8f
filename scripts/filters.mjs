/** Which tests a run of `npm test` may have in it. */
import * as fs from "node:fs"
import * as path from "node:path"
import { filesBelow } from "./steps.mjs"

/** vitest's own flags may be in between. A word that follows one without `=` may be its value, and counts as that. */
const filtersIn = (args) => args.filter((word, index) => !word.startsWith("-") && !/^--?[^=]+$/.test(args[index - 1]))

/** As vitest reads a filter: a part of a path, and perhaps a line's number. */
const partOfPath = (root, filter) => {
  const part = filter.replace(/:\d+$/, "")
  return /^\.{0,2}\//.test(part) ? path.relative(root, path.resolve(root, part)) : part
}

/** Tests about another processor's executable have this in them. */
const ABOUT_OTHERS = "support/otherProcessor.ts"

/**
 * Whether a test about another processor's executable may run. In doubt it may: without a filter, and with one that
 * fits no test.
 */
export const mayTestOthers = (root, args) => {
  const files = filesBelow(path.join(root, "test"))
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => path.relative(root, file))
  const filters = filtersIn(args).map((filter) => partOfPath(root, filter))
  const chosen = files.filter((file) => filters.some((filter) => file.includes(filter)))
  const isAbout = (file) => fs.readFileSync(path.join(root, file), "utf8").includes(ABOUT_OTHERS)
  return chosen.length === 0 || chosen.some(isAbout)
}
