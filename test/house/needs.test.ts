/** On a machine that .ci/run has set up no test lacks anything. */
import { assert, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { PACKAGES } from "../support/needs.ts"

const root = Path.resolve(import.meta.dirname, "../..")

/** Every Debian has these, and npm comes with Node. */
const BASE = ["bash", "bsdutils", "coreutils", "dpkg", "mount", "npm", "perl-base", "tar", "util-linux"]

/** `describeWith(["tmux", "vim"], …`, and what else is a list of such programs. */
const LIST = /(?:describeWith\(|(?:NEEDS|needs)(?: =|:) )\[([^\]]*)\]/g

it("what tests need is installed by .ci/run", () => {
  const tests = Fs.readdirSync(Path.join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => Fs.readFileSync(Path.join(root, "test", name), "utf8"))
  const lists = tests.flatMap((text) => [...text.matchAll(LIST)].map(([, list]) => list!))
  const programs = new Set(lists.flatMap((list) => [...list.matchAll(/"([^"]+)"/g)].map(([, program]) => program!)))
  assert.isAbove(programs.size, 20)
  const [, listed] = /^packages=\(\n(.*?)\n\)/ms.exec(Fs.readFileSync(Path.join(root, ".ci/run"), "utf8"))!
  const installed = new Set([...BASE, ...listed!.replaceAll(/#.*/g, "").trim().split(/\s+/)])
  const missing = [...programs].map((program) => PACKAGES[program] ?? `${program} is of no package`)
    .filter((name) => !installed.has(name))
  assert.deepStrictEqual(missing, [])
})
