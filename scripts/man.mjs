/** Writes the manual page, dist/sesh.1. Run by scripts/build.mjs with the Node that can read TypeScript. */
import * as fs from "node:fs"
import * as path from "node:path"
import { verbs } from "../src/commands/verbs.ts"
import { page } from "../src/manual/page.ts"
import { VERSION } from "../src/schema/Version.ts"
import { root } from "./steps.mjs"

const file = path.join(root, "dist", "sesh.1")

/** Whole, or not at all. */
export const writePage = () => {
  const beside = `${file}.${process.pid}`
  fs.writeFileSync(beside, page(verbs, VERSION))
  fs.renameSync(beside, file)
}
