/** Writes the manual page, dist/sesh.1. Run by scripts/build.mjs with the Node that can read TypeScript. */
import * as path from "node:path"
import { verbs } from "../src/commands/verbs.ts"
import { page } from "../src/manual/page.ts"
import { VERSION } from "../src/schema/Version.ts"
import { root, writeWhole } from "./steps.mjs"

export const writePage = () => writeWhole(path.join(root, "dist", "sesh.1"), page(verbs, VERSION))
