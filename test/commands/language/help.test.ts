import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { entriesOf, groupsOf, helpOf } from "../../../src/commands/language/help.ts"
import { environment, statuses } from "../../../src/commands/language/texts.ts"
import { verbs } from "../../../src/commands/verbs.ts"
import { page } from "../../../src/manual/page.ts"
import { code, form, prose } from "../../../src/manual/roff.ts"

const help = helpOf(verbs)
const explained = groupsOf(verbs).flatMap(([, entries]) => entries)

describe("sesh --help", () => {
  it("fits into a terminal of 80 columns", () => {
    for (const line of help.split("\n")) assert.isAtMost(line.length, 80, line)
    assert.notMatch(help, / $/m)
  })

  it("explains every form, with the options that go with it", () => {
    const forms = [...verbs.flatMap(({ help }) => help?.form ?? []), "sesh @<host> ..."]
    assert.deepStrictEqual(explained.map(({ form }) => form).toSorted(), forms.toSorted())
    assert.deepStrictEqual(entriesOf(verbs).map(({ form }) => form).toSorted(), forms.toSorted())
    for (const { flags, form } of explained) {
      assert.include(help, `  ${form}`)
      const words = verbs.find((verb) => verb.form === form)?.flags.map(({ words: [word] }) => word) ?? []
      assert.deepStrictEqual(flags.map((flag) => flag.form.split(" ")[0]), words, form)
      for (const flag of flags) assert.include(form, `[${flag.form}]`)
    }
  })

  it("explains every variable and every exit status", () => {
    for (const [name] of [...environment, ...statuses]) assert.include(help, `\n  ${name} `)
  })
})

describe("the README", () => {
  const readme = readFileSync(path.resolve(import.meta.dirname, "../../../README.md"), "utf8")

  /** The first column of a section's table, without marks. */
  const column = (heading: string) => {
    const section = readme.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`))!
    return [...section.matchAll(/^\| ([^|-][^|]*) \|/gm)].slice(1).map(([, cell]) => cell!.replaceAll("`", ""))
  }

  it("explains the variables that --help explains", () => {
    assert.deepStrictEqual(column("Environment").toSorted(), environment.map(([name]) => name).toSorted())
  })

  it("explains the exit statuses that --help explains", () => {
    assert.deepStrictEqual(
      column("Exit status").flatMap((cell) => cell.split(", ")),
      statuses.map(([status]) => status)
    )
  })
})

describe("the manual's roff", () => {
  it("keeps what a formatter would change or obey", () => {
    assert.strictEqual(prose(".profile"), "\\&.profile")
    assert.strictEqual(prose("it's ~ and ^\\"), "it\\(aqs \\(ti and \\(ha\\(rs")
    assert.strictEqual(prose("read-only with --json"), "read-only with \\-\\-json")
    assert.strictEqual(code("'x' \\n\n.y -- z"), ".RS\n.PP\n.nf\n\\(aqx\\(aq \\(rsn\n\\&.y \\-\\- z\n.fi\n.RE")
  })

  it("has words in bold and what stands for something in italics", () => {
    assert.strictEqual(form("sesh --kill <name>..."), "\\fBsesh \\-\\-kill\\fR \\fIname\\fR...")
    assert.strictEqual(form("[dir] [-d] [args...]"), "[\\fIdir\\fR] [\\fB\\-d\\fR] [\\fIargs\\fR...]")
    assert.strictEqual(form("bash|zsh"), "\\fBbash\\fR|\\fBzsh\\fR")
  })

  it("has no line that is a request by accident, and is ASCII", () => {
    const text = page(verbs, "1.2.3")
    assert.match(text, /^[ -~\n]*$/)
    assert.include(text, "sesh 1.2.3")
    for (const line of text.split("\n").filter((line) => /^[.']/.test(line))) {
      assert.match(line, /^\.(TH|SH|PP|TP|IP|RS|RE|nf|fi|nh|ad)\b/)
    }
  })
})
