import { spawnSync } from "node:child_process"
import * as path from "node:path"
import { expect, it } from "vitest"
import { entriesOf } from "../../src/commands/language/help.ts"
import { environment, statuses } from "../../src/commands/language/texts.ts"
import { verbs } from "../../src/commands/verbs.ts"
import { describeWith } from "../support/needs.ts"
import { sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"

const PAGE = path.resolve(import.meta.dirname, "../../dist/sesh.1")

const run = (program: string, ...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(program, args, {
    env: { ...process.env, LANG: "C.UTF-8", LC_ALL: "C.UTF-8", MANWIDTH: "80" },
    encoding: "utf8"
  })
  return { status, out: stdout, err: stderr }
}

/** As the manual writes it, without brackets around what stands for something. */
const written = (form: string) => form.replaceAll(/<(\w+)>/g, "$1")

describeWith(["man"], "man sesh", () => {
  it("is rendered without a warning, and no wider than the terminal", () => {
    const { err, out, status } = run("man", "--warnings", "-l", PAGE)
    expect([status, err]).toEqual([0, ""])
    for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  it("has every form twice, every option, variable and exit status, as they are typed", () => {
    const lines = run("man", "-l", PAGE).out.split("\n").map((line) => line.trim())
    const alias: Readonly<Record<string, string>> = { "sesh --help": ", -h", "sesh --version": ", -V" }
    const entries = entriesOf(verbs)
    for (const form of entries.map((entry) => written(entry.form))) {
      expect(lines).toContain(form)
      expect(lines.filter((line) => line === form || line === `${form}${alias[form]}`).length, form).toBe(2)
    }
    const words = lines.map((line) => line.split("  ")[0])
    for (const { form } of entries.flatMap(({ flags }) => flags)) {
      expect(lines.some((line) => line === written(form) || line.startsWith(`${written(form)} `)), form).toBe(true)
    }
    for (const [name] of [...environment, ...statuses]) expect(words).toContain(name)
    expect(lines.join("\n")).toContain("Ctrl-\\ detaches")
    expect(lines).toContain("sesh --exec \"build-$CI_JOB_ID\" --print -- make test")
  })
})

describeWith(["mandoc"], "the manual page", () => {
  it("is good man(7) for the other formatter too", () => {
    const { out } = run("mandoc", "-T", "lint", PAGE)
    // Nothing else: a date would be that of the build, and the same sources make the same page.
    expect(out.trim().split("\n").map((line) => line.replace(/^.*?: /, "").replace(/^\S+:\d+:\d+: /, ""))).toEqual([
      "WARNING: missing date, using \"\": TH"
    ])
  })
})

describeWith(["tmux"], "sesh --help", () => {
  it("has no line that a terminal of 80 columns wraps", async () => {
    const t = await terminal(sandbox(), { cols: 80, rows: 100 })
    t.run("clear; sesh --help; stty size")
    const screen = await t.shows(/\n100 80\n%$/)
    const printed = await sandbox().sesh(["--help"])
    expect(screen.split("\n").slice(0, -2)).toEqual(printed.out.trimEnd().split("\n"))
  })
})
