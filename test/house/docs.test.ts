/** What README, docs and comments say of this repository: its files, and the options that it gives to ssh. */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { masterArgs, sessionArgs } from "../../src/layers/ssh/openssh/options.ts"
import { hostNamed } from "../support/sshSuite.ts"

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

/** Options among arguments: `Name=value`, and letters. */
const optionsIn = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args.flatMap((arg) => /^-o(\w+=.+)$|^(-[A-Za-z])$/.exec(arg)?.slice(1).filter((option) => option !== undefined) ?? [])

/** Options in the first column of the table behind these words; what is in parentheses is another name for one. */
const optionsBehind = (text: string, words: string): ReadonlyArray<string> => {
  const rows = text.slice(text.indexOf(words)).split("\n\n")[1]!.split("\n").slice(2)
  const columns = rows.map((row) => row.split("|")[1]!.replaceAll(/\(.*?\)/g, "")).join(",")
  return [...columns.matchAll(/`(-[A-Za-z]|\w+=[^`]+)/g)].map(([, option]) => option!)
}

const sorted = (options: ReadonlyArray<string>) => [...new Set(options)].toSorted()

describe("the tables of ssh's options", () => {
  const text = Fs.readFileSync(Path.join(root, "docs/ssh.md"), "utf8")
  const ssh = { file: "ssh", config: undefined, persist: "10 minutes" } as const
  const common = { host: hostNamed("web:22"), control: "c", log: "l" }
  const settings = { ...common, batch: true, acceptNew: true, connectTimeout: "30 seconds", patient: false } as const

  it("have those of the connection that is kept, and no others", () => {
    const args = [true, false].flatMap((verbose) => masterArgs(ssh, { ...settings, verbose }))
    assert.deepStrictEqual(sorted(optionsBehind(text, "The connection that is kept:")), sorted(optionsIn(args)))
  })

  it("have those of what goes through it, and no others", () => {
    const args = sessionArgs(ssh, { ...common, command: "true" })
    assert.deepStrictEqual(sorted(optionsBehind(text, "A program or a socket through")), sorted(optionsIn(args)))
  })
})

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
