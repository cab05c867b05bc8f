/** The executable has a small part of ICU's data in it: what it says is what its sources say with all of them. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { shrinkIcu } from "../../scripts/icu.mjs"
import { describeWith } from "../support/needs.ts"
import { type Sandbox, sandbox, SESH } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"

/** Node as it comes, with all that ICU has. */
const NODE = path.resolve(SESH, `../platforms/${process.platform}-${process.arch}/node`)
const ENTRY = path.resolve(import.meta.dirname, "../../src/entry.ts")

const LOCALES: ReadonlyArray<readonly [locale: string, env: Record<string, string>]> = [
  ["German", { LANG: "de_DE.UTF-8", TZ: "Europe/Berlin" }],
  ["Japanese", { LC_ALL: "ja_JP.UTF-8", TZ: "Asia/Tokyo" }],
  ["Turkish", { LANG: "tr_TR.UTF-8", LC_MESSAGES: "tr_TR.UTF-8", TZ: "America/St_Johns" }],
  ["one that is not there", { LC_ALL: "xx_YY", TZ: "Nowhere/Land" }]
]

const TEXT = "日本語 Grüße İıiI e\u0301 👩‍👩‍👧 🇩🇪 한국어 ไทย"

/** Ages go on, and so may the width of their column. */
const said = (text: string) => text.replaceAll(/\b\d+[sm]\b */g, "0s ")

const both = async (box: Sandbox, args: ReadonlyArray<string>) => {
  const [executable, sources] = await Promise.all([box.sesh(args), box.run(NODE, [ENTRY, ...args])])
  return [executable, sources].map(({ code, err, out }) => ({ code, err: said(err), out: said(out) }))
}

describe.each(LOCALES.filter(([name]) => ["Japanese", "Turkish"].includes(name)))(
  "in a language that sesh does not speak: %s",
  (_, env) => {
    it("its answers are those of its sources", async () => {
      const box = sandbox(env)
      const dir = path.join(box.home, TEXT)
      fs.mkdirSync(dir)
      fs.writeFileSync(path.join(box.home, "layout"), "# sesh layout 1\nname\t/tmp/\xff\t-\n", "latin1")
      await box.sesh(["info", dir, "-d", "--", "sh", "-c", `echo "${TEXT}"; exec cat`])
      await box.sesh(["plain", "-d"])
      await box.sessions()
      for (const args of [[], ["--history", "info"], ["--import", "layout"], ["--kill", "INFOO", TEXT]]) {
        const [executable, sources] = await both(box, args)
        expect({ args, ...executable }).toEqual({ args, ...sources })
      }
      expect((await box.sesh([])).out).toContain(TEXT)
      expect((await box.sesh(["--history", "info"])).out).toContain(TEXT)
    })
  }
)

describeWith(["tmux"], "a screen with the letters of many languages", () => {
  it("is what the sources draw", async () => {
    const box = sandbox({ LC_ALL: "ja_JP.UTF-8", TZ: "Asia/Tokyo" })
    await box.sesh(["dev", "-d"])
    const t = await terminal(box, { env: { LC_ALL: "C.UTF-8" } })
    const attach = async (command: string) => {
      t.fresh(command)
      await t.shows(/^\S.*ไทย\n\$$/m)
      const screen = t.colours()
      t.type("C-\\")
      await t.shows(/^\[detached from dev\]$/m)
      return screen
    }
    await box.sesh(["--send", "dev", `printf '\\033[32m%s\\033[m\\n' "${TEXT}"`, "--enter"])
    expect(await attach("sesh dev")).toBe(await attach(`'${NODE}' '${ENTRY}' dev`))
  })
})

/** All that sesh and its packages do with ICU: without words for it, in no language. */
const USES = `
const seg = (granularity, text) => [...new Intl.Segmenter(undefined, { granularity }).segment(text)].map((one) => one.segment)
const answers = [
  seg("grapheme", text),
  ["NFC", "NFD", "NFKC", "NFKD"].map((form) => (text + "ﬁ①각").normalize(form)),
  [text.toLowerCase(), text.toUpperCase(), /ß/iu.test("ẞ")],
  [/\\p{Script=Han}/u, /\\p{RGI_Emoji}/v, /\\p{C}/u, /\\p{L}/gu].map((one) => text.match(one)),
  [...text].sort((a, b) => a.localeCompare(b, "en")),
  [...text].sort(new Intl.Collator("en", { numeric: true }).compare),
  new TextDecoder("utf-8", { fatal: true }).decode(new TextEncoder().encode(text)),
  new TextDecoder("utf-16le").decode(Buffer.from(text, "utf16le")),
  new URL("http://münchen.日本/" + text).href,
  [0, 1.7e12, 1.72e12].map((at) => [new Date(at).getTimezoneOffset(), new Date(at).toISOString(), new Date(at).getHours()]),
  ["Europe/Berlin", "Asia/Tokyo"].map((timeZone) => new Intl.DateTimeFormat("en", { timeZone, timeStyle: "long" }).format(0)),
  (1234567.5).toLocaleString("en")
]
console.log(JSON.stringify(answers))
`

describe.skipIf(process.platform !== "linux")("Node with the executable's part of ICU", () => {
  let dir = ""
  let small = ""

  beforeAll(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-icu-"))
    small = path.join(dir, "node")
    const bytes = fs.readFileSync(NODE)
    const { from, to } = shrinkIcu(bytes)
    expect(to - from).toBeGreaterThan(20e6)
    fs.writeFileSync(small, bytes, { mode: 0o755 })
  })

  afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))

  it.each(LOCALES)("answers what sesh asks as all of it does: %s", (_, env) => {
    const answers = [NODE, small].map((node) => {
      const args = ["--eval", `const text = ${JSON.stringify(TEXT)}\n${USES}`]
      const { status, stderr, stdout } = spawnSync(node, args, { encoding: "utf8", env })
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
      return stdout
    })
    expect(answers[1]).toBe(answers[0])
  })
})
