/** What README, docs and comments say of files of this repository. */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"

const root = Path.resolve(import.meta.dirname, "../..")

/** Files below a folder that end so, from the root. */
const below = (folder: string, ...ends: ReadonlyArray<string>): ReadonlyArray<string> =>
  Fs.readdirSync(Path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => ends.some((end) => name.endsWith(end)))
    .map((name) => Path.join(folder, name))

const missing = (paths: ReadonlyArray<string>) => paths.filter((path) => !Fs.existsSync(Path.join(root, path)))

const pages = ["README.md", ...below("docs", ".md")]

/** `src/a/b.ts`, `test/x`, `scripts/y.mjs`, as code; not what begins so and is a pattern. */
const PATH = /`((?:src|test|scripts|bench|docs|npm)\/[\w./-]+)`/g

/** The same in a comment, of whole file names. */
const FILE = /(?<![\w./`])((?:src|test|scripts|docs)\/[\w/-]+\.(?:ts|mjs|md))\b/g

/** A Markdown link to another page, from the page that it is on. */
const LINK = /\]\(((?!https?:)[^)#\s]+)/g

describe("the docs", () => {
  it.each(pages)("name files that are there: %s", (page) => {
    const text = Fs.readFileSync(Path.join(root, page), "utf8")
    const named = [...text.matchAll(PATH)].map(([, path]) => path!)
    const linked = [...text.matchAll(LINK)].map(([, path]) => Path.join(Path.dirname(page), path!))
    assert.deepStrictEqual(missing([...named, ...linked]), [])
  })

  it("and comments in the sources too", () => {
    const sources = ["src", "test", "scripts", "bench"].flatMap((folder) => below(folder, ".ts", ".mjs"))
    const named = sources.flatMap((file) =>
      [...Fs.readFileSync(Path.join(root, file), "utf8").matchAll(FILE)].map(([, path]) => path!)
    )
    assert.deepStrictEqual(missing([...new Set(named)]), [])
  })
})
