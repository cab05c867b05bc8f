import { describe, expect, it } from "vitest"
import { offsetOf, readElf } from "../../scripts/elf.mjs"
import { shrinkIcu } from "../../scripts/icu.mjs"
import { icuData, icuItems, smallNode } from "../support/smallNode.ts"

const item = (name: string, size: number) => [`icudt78l/${name}`, Buffer.alloc(size, name)] as const

const KEPT = [
  ...["brkitr/char.brk", "brkitr/res_index.res", "brkitr/root.res", "coll/root.res", "coll/ucadata.icu"],
  ...["cnvalias.icu", "en.res", "en_US.res", "nfc.nrm", "pool.res", "res_index.res", "root.res", "zone/en.res"],
  ...["timezoneTypes.res", "zoneinfo64.res"]
].toSorted()

const LEFT_OUT = [
  ...["coll/de.res", "coll/zh.res", "curr/ja.res", "de.res", "de_AT.res", "gb18030.cnv", "ibm-37_P100-1995.cnv"],
  ...["lang/de.res", "rbnf/ja.res", "region/tr.res", "sr_Latn_RS.res", "translit/el_Latn.res", "unames.icu"],
  ...["unit/fr.res", "zone/de.res"]
].toSorted()

const data = icuData([...KEPT, ...LEFT_OUT].toSorted().map((name, index) => item(name, 100 + index * 7)))

const shrink = () => {
  const bytes = smallNode({ machine: "x64", icu: data })
  const before = readElf(Buffer.from(bytes))
  const start = offsetOf(before, 0x401000)
  const unused = shrinkIcu(bytes)
  return { before: before.bytes, bytes, start, unused, end: offsetOf(before, unused.from) }
}

describe("ICU's data", () => {
  it("keep what is for all languages, and English", () => {
    const { before, bytes, end, start } = shrink()
    const [all, left] = [icuItems(before.subarray(start, start + data.length)), icuItems(bytes.subarray(start, end))]
    expect([...left.keys()]).toEqual(KEPT.map((name) => `icudt78l/${name}`))
    for (const [name, { bytes, start }] of left) {
      expect(start % 16, name).toBe(0)
      const whole = all.get(name)!.bytes
      expect(bytes.subarray(0, whole.length).equals(whole), name).toBe(true)
    }
  })

  it("leave what they had before to others, and touch nothing else", () => {
    const { before, bytes, end, start, unused } = shrink()
    const last = start + data.length
    expect(unused).toEqual({ from: 0x401000 + end - start, to: 0x401000 + data.length })
    expect(bytes.subarray(end, last).every((byte) => byte === 0)).toBe(true)
    expect(bytes.subarray(0, start).equals(before.subarray(0, start))).toBe(true)
    expect(bytes.subarray(last).equals(before.subarray(last))).toBe(true)
  })

  it("are missed where there are none", () => {
    const bytes = smallNode({ machine: "arm64", icu: data, symbol: "something_else" })
    expect(() => shrinkIcu(bytes)).toThrow("no ICU data where they were looked for")
  })

  it("are left alone when they are of another kind", () => {
    const other = Buffer.from(data)
    other.write("ResB", 12, "latin1")
    expect(() => shrinkIcu(smallNode({ machine: "x64", icu: other }))).toThrow("not of the kind that is known here")
  })
})
