import { describe, expect, it } from "vitest"
import { offsetOf, readElf, SEGMENT, symbols } from "../../scripts/elf.mjs"
import { join, notesOf } from "../../scripts/executable.mjs"
import { shrinkIcu } from "../../scripts/icu.mjs"
import { FUSE_AT, icuData, pageOf, type SmallNode, smallNode } from "../support/smallNode.ts"

const MACHINES = ["x64", "arm64"] as const

const ROOM = 5 * pageOf.arm64

const icu = icuData([
  ["icudt78l/en.res", Buffer.alloc(5000, "english")],
  ["icudt78l/pl.res", Buffer.alloc(ROOM, "polish")],
  ["icudt78l/root.res", Buffer.alloc(3001, "root")]
])

/** Not of whole pages, nor of whole words of sixteen bytes. */
const program = Buffer.alloc(70_004, "the program in its note ")

const make = (machine: SmallNode["machine"], notes = program) => {
  const node = smallNode({ machine, icu })
  const unused = shrinkIcu(node)
  const before = Buffer.from(node)
  return { unused, before: readElf(before), after: readElf(join(node, unused, notes)) }
}

const loaded = ({ segments }: ReturnType<typeof readElf>) => segments.filter(({ type }) => type === SEGMENT.load)

describe.each(MACHINES)("the program and Node in one file: %s", (machine) => {
  const page = pageOf[machine]

  it("has the program in its notes, in memory too", () => {
    const { after, unused } = make(machine)
    expect(notesOf(after.bytes).equals(program)).toBe(true)
    const note = after.segments.find(({ type }) => type === SEGMENT.note)
    expect(note!.address).toBeGreaterThanOrEqual(unused.from)
    expect(note!.address + note!.fileSize).toBeLessThanOrEqual(unused.to)
    expect(note!.address % 4).toBe(0)
    expect(offsetOf(after, note!.address)).toBe(note!.offset)
    expect(offsetOf(after, note!.address + program.length - 1)).toBe(note!.offset + program.length - 1)
  })

  it("has everything else at the address where it was", () => {
    const { after, before, unused } = make(machine)
    /** What is changed on purpose: counts and tables in the header, and the fuse. */
    const changed = (at: number) => at < 0x240 || at === FUSE_AT + 47
    const wrong: Array<number> = []
    for (const { address, fileSize } of loaded(before)) {
      for (let at = address; at < address + fileSize; at++) {
        const offset = offsetOf(before, at)
        if (changed(offset) || (at >= unused.from && at < unused.to)) continue
        if (before.bytes[offset] !== after.bytes[offsetOf(after, at)]) wrong.push(at)
      }
    }
    expect(wrong).toEqual([])
    expect(symbols(after)).toEqual(symbols(before))
    expect(after.sections.slice(0, before.sections.length).map(({ address }) => address)).toEqual(
      before.sections.map(({ address }) => address)
    )
    for (const { address, allocated, offset } of after.sections) {
      if (allocated) expect(offsetOf(after, address)).toBe(offset)
    }
  })

  it("has sections that strip and objcopy may go by: they leave out what is in none", () => {
    const { after, before, unused } = make(machine)
    const { address, size } = before.sections.find((one) => one.address < unused.from && one.size > ROOM)!
    const parts = after.sections.filter((one) => one.address >= address && one.address < address + size)
    const note = after.segments.find(({ type }) => type === SEGMENT.note)!
    const behind = loaded(after)[1]!
    expect(parts.map((one) => [one.address, one.address + one.size])).toEqual([
      [address, note.address],
      [note.address, note.address + note.fileSize],
      [behind.address, address + size]
    ])
  })

  it("has segments that can be mapped: whole pages, each for itself, in order", () => {
    const { after, before } = make(machine)
    const segments = loaded(after)
    expect(segments.length).toBe(loaded(before).length + 1)
    for (const { address, fileSize, memorySize, offset } of segments) {
      expect(offset % page).toBe(address % page)
      expect(offset + fileSize).toBeLessThanOrEqual(after.bytes.length)
      expect(memorySize).toBeGreaterThanOrEqual(fileSize)
    }
    for (const [index, { address }] of segments.entries()) {
      const last = segments[index - 1]
      if (last === undefined) continue
      expect(Math.floor(address / page)).toBeGreaterThan(Math.floor((last.address + last.memorySize - 1) / page))
    }
  })

  it("has lost whole pages, and not one of those that nothing is on is left", () => {
    const { after, before, unused } = make(machine)
    const cut = before.bytes.length + 2 * 64 - after.bytes.length
    expect(cut % page).toBe(0)
    const left = unused.to - unused.from - program.length - cut
    expect(left).toBeLessThan(2 * page + 16)
    expect(cut).toBeGreaterThan(0)
  })

  it("has its table of segments where it was, with no more in it", () => {
    const { after, before } = make(machine)
    expect(after.bytes.readBigUInt64LE(32)).toBe(before.bytes.readBigUInt64LE(32))
    expect(after.segments.length).toBe(before.segments.length)
    expect(after.segments.some(({ type }) => type === SEGMENT.table)).toBe(false)
  })

  it("starts the program", () => {
    const { after, before } = make(machine)
    expect(before.bytes.toString("latin1", FUSE_AT, FUSE_AT + 48)).toMatch(/^NODE_SEA_FUSE_[0-9a-f]{32}:0$/)
    expect(after.bytes.toString("latin1", FUSE_AT, FUSE_AT + 48)).toMatch(/^NODE_SEA_FUSE_[0-9a-f]{32}:1$/)
  })
})

describe("a build stops", () => {
  const build = (more: Partial<SmallNode>, notes = program) => () => {
    const node = smallNode({ machine: "x64", icu, ...more })
    return join(node, shrinkIcu(node), notes)
  }

  it.each(MACHINES)("when the program has no room: %s", (machine) => {
    expect(build({ machine }, Buffer.alloc(ROOM))).toThrow("no room for the program in Node")
    expect(build({ machine }, Buffer.alloc(ROOM * 2))).toThrow("no room for the program in Node")
  })

  it("when its place is in no segment", () => {
    const node = smallNode({ machine: "x64", icu })
    expect(() => join(node, { from: 0x10000, to: 0x90000 }, program)).toThrow("no room for the program in Node")
  })

  it("when there is no place for another segment in the table", () => {
    expect(build({ spare: false })).toThrow("no room for another segment")
  })

  it.each([0, 2])("when Node has not one fuse, but %s", (fuses) => {
    expect(build({ fuses })).toThrow("this Node has no fuse, or two")
  })

  it.each([0, 2])("when what --build-sea has made has not one segment of notes, but %s", (notes) => {
    expect(() => notesOf(smallNode({ machine: "x64", icu, notes }))).toThrow("not in the one segment of notes")
  })
})
