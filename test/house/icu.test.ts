/** The executable has ICU's data for English alone (scripts/icu.mjs): what would need others must not get in. */
import { assert, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"

const src = Path.resolve(import.meta.dirname, "../../src")

const NEEDS_MORE = /toLocale|localeCompare|Intl\.(?!Segmenter\b)|TextDecoder\((?!"utf-8"[,)])/

it("src asks ICU for nothing that depends on a language", () => {
  const files = Fs.readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))
  assert.isAbove(files.length, 100)
  const found = files.filter((file) => NEEDS_MORE.test(Fs.readFileSync(Path.join(src, file), "utf8")))
  assert.deepStrictEqual(found, [])
  for (const wrong of ["a.toLocaleString()", "new Intl.Collator()", "new TextDecoder(\"shift_jis\")"]) {
    assert.match(wrong, NEEDS_MORE)
  }
})
