/** Makes small ELF files of what matters when an executable is joined: a Node with ICU's data, notes and a fuse. */
import { writeSections } from "./smallElf.ts"

const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:"
export const FUSE_AT = 0x900

const BASE = 0x400000
const AT = { segments: 0x40, notes: 0x400, symbols: 0x500, names: 0x600, icu: 0x1000 }

/** Behind ICU's data there is more in their segment. */
const BEHIND = 0x300

export const pageOf = { x64: 0x1000, arm64: 0x10000 } as const

export interface SmallNode {
  readonly machine: keyof typeof pageOf
  readonly icu: Buffer
  readonly symbol?: string
  readonly fuses?: number
  readonly notes?: number
  /** Whether the table of segments is one itself: its entry is what a new segment gets. */
  readonly spare?: boolean
}

const ceil = (value: number, unit: number) => Math.ceil(value / unit) * unit

/** ICU's data: a header, a table of contents, and its items. */
export const icuData = (items: ReadonlyArray<readonly [name: string, bytes: Buffer]>): Buffer => {
  const header = Buffer.alloc(32)
  header.writeUInt16LE(32, 0)
  header.write("CmnD", 12, "latin1")
  const names = items.map(([name]) => Buffer.from(`${name}\0`))
  const contents = Buffer.alloc(4 + items.length * 8)
  contents.writeUInt32LE(items.length, 0)
  let next = contents.length
  for (const [index, name] of names.entries()) {
    contents.writeUInt32LE(next, 4 + index * 8)
    next += name.length
  }
  const parts: Array<Buffer> = [contents, ...names]
  for (const [index, [, bytes]] of items.entries()) {
    const start = ceil(next, 16)
    contents.writeUInt32LE(start, 8 + index * 8)
    parts.push(Buffer.alloc(start - next), bytes)
    next = start + bytes.length
  }
  return Buffer.concat([header, ...parts])
}

/** What is in such data, by name; each with the padding behind it. */
export const icuItems = (data: Buffer): ReadonlyMap<string, { readonly start: number; readonly bytes: Buffer }> => {
  const base = data.readUInt16LE(0)
  const entries = Array.from({ length: data.readUInt32LE(base) }, (_, index) => {
    const name = base + data.readUInt32LE(base + 4 + index * 8)
    return [
      data.toString("latin1", name, data.indexOf(0, name)),
      base + data.readUInt32LE(base + 8 + index * 8)
    ] as const
  })
  return new Map(
    entries.map(([name, start], index) => [name, { start, bytes: data.subarray(start, entries[index + 1]?.[1]) }])
  )
}

/** One piece to read, with ICU's data in the middle, and one to write. */
export const smallNode = (
  { fuses = 1, icu, machine, notes = 1, spare = true, symbol = "icudt78_dat" }: SmallNode
): Buffer => {
  const page = pageOf[machine]
  const [first, second] = [AT.icu + icu.length + BEHIND, ceil(AT.icu + icu.length + BEHIND, page)]
  const dynamic = second + 0x80
  const table = second + 0x200
  const bytes = Buffer.alloc(table + 4 * 64)
  const u16 = (at: number, value: number) => bytes.writeUInt16LE(value, at)
  const u32 = (at: number, value: number) => bytes.writeUInt32LE(value, at)
  const u64 = (at: number, value: number) => bytes.writeBigUInt64LE(BigInt(value), at)

  // Every byte of what is loaded can be told from its neighbours.
  for (let at = AT.icu + icu.length; at < table; at++) bytes[at] = at % 251
  const segments = [
    ...(spare ? [[6, 4, AT.segments, 0x1c0, 8]] : []),
    [1, 4, 0, first, page],
    [1, 6, second, 0x180, page],
    [2, 6, dynamic, 0x40, 8],
    ...Array.from({ length: notes }, (_, index) => [4, 4, AT.notes + index * 0x40, 0x40, 4])
  ]
  bytes.write("\x7fELF\x02\x01\x01", 0, "latin1")
  u16(18, machine === "x64" ? 62 : 183)
  u64(32, AT.segments)
  u64(40, table)
  u16(54, 56)
  u16(56, segments.length)
  u16(58, 64)
  u16(60, 4)
  for (const [index, [type, flags, offset, size, align]] of segments.entries()) {
    const at = AT.segments + index * 56
    u32(at, type!)
    u32(at + 4, flags!)
    for (const [field, value] of [[8, offset!], [16, BASE + offset!], [24, BASE + offset!]]) u64(at + field!, value!)
    for (const [field, value] of [[32, size!], [40, size!], [48, align!]]) u64(at + field!, value!)
  }

  bytes.write(`\0${symbol}\0`, AT.names, "latin1")
  u32(AT.symbols + 24, 1)
  u64(AT.symbols + 32, BASE + AT.icu)
  u64(AT.symbols + 40, icu.length)
  for (let n = 0; n < fuses; n++) bytes.write(`${FUSE}0`, FUSE_AT + n * 0x40, "latin1")
  icu.copy(bytes, AT.icu)

  for (const [index, value] of [5, BASE + AT.names, 6, BASE + AT.symbols, 0, 0].entries()) {
    u64(dynamic + index * 8, value)
  }
  const sections = [[0, 0, 0, 0], [11, 2, AT.symbols, 48], [1, 2, AT.icu - 0x80, first - AT.icu + 0x80], [
    1,
    2,
    second,
    0x180
  ]]
  writeSections(bytes, table, BASE, sections)
  return bytes
}
