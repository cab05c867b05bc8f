/** Makes small ELF files, with what the loader would read of them. */

export interface SmallElf {
  readonly machine: "x64" | "arm64"
  /** Libraries, each with the versions that are asked of it. */
  readonly needed: ReadonlyArray<readonly [library: string, ...versions: Array<string>]>
  /** Functions of other files. */
  readonly functions: ReadonlyArray<string>
  readonly bindNow?: boolean
  /** Bytes of code. */
  readonly code?: number
}

const BASE = 0x400000
const AT = { segments: 0x40, symbols: 0x200, versions: 0x400, relocations: 0x600, code: 0x1000, dynamic: 0x2000 }
const NAMES = 0x2400
const DEBUG = 0x2800
const SECTIONS = 0x2900
export const CODE_AT = AT.code

/** Writes a table of sections at `table`. One without flags is not loaded, and has no address. */
export const writeSections = (
  bytes: Buffer,
  table: number,
  base: number,
  sections: ReadonlyArray<ReadonlyArray<number>>
): void => {
  for (const [index, [type, flags, offset, size]] of sections.entries()) {
    const at = table + index * 64
    bytes.writeUInt32LE(type!, at + 4)
    const fields = [flags!, flags === 0 ? 0 : base + offset!, offset!, size!]
    for (const [field, value] of fields.entries()) bytes.writeBigUInt64LE(BigInt(value), at + 8 + field * 8)
  }
}

/** Three pieces that are loaded, from 0x0, 0x1000 and 0x2000; behind them a section that is not, at 0x2800. */
export const smallElf = ({ bindNow = true, code = 32, functions, machine, needed }: SmallElf): Buffer => {
  const bytes = Buffer.alloc(0x2a80)
  const u16 = (at: number, value: number) => bytes.writeUInt16LE(value, at)
  const u32 = (at: number, value: number) => bytes.writeUInt32LE(value, at)
  const u64 = (at: number, value: number) => bytes.writeBigUInt64LE(BigInt(value), at)

  let names = 1
  const name = (text: string) => {
    const index = names
    names += bytes.write(`${text}\0`, NAMES + names, "latin1")
    return index
  }

  bytes.write("\x7fELF\x02\x01\x01", 0, "latin1")
  u16(18, machine === "x64" ? 62 : 183)
  u64(32, AT.segments)
  u64(40, SECTIONS)
  u16(54, 56)
  u16(56, 4)
  u16(58, 64)
  u16(60, 4)
  u16(62, 3)
  const segments = [[1, 4, 0, 0x700], [1, 5, AT.code, code], [1, 6, AT.dynamic, 0x700], [2, 6, AT.dynamic, 0x200]]
  for (const [index, [type, flags, offset, size]] of segments.entries()) {
    const at = AT.segments + index * 56
    u32(at, type!)
    u32(at + 4, flags!)
    for (const [field, value] of [[8, offset], [16, BASE + offset!], [32, size], [40, size]]) u64(at + field!, value!)
  }

  const dynamic: Array<readonly [tag: number, value: number]> = needed.map(([library]) => [1, name(library)])
  dynamic.push(
    [5, BASE + NAMES],
    [6, BASE + AT.symbols],
    [23, BASE + AT.relocations],
    [2, functions.length * 24],
    [0x6ffffffe, BASE + AT.versions],
    [0x6fffffff, needed.length],
    [30, bindNow ? 8 : 0]
  )
  for (const [index, [tag, value]] of dynamic.entries()) {
    u64(AT.dynamic + index * 16, tag)
    u64(AT.dynamic + index * 16 + 8, value)
  }

  let at = AT.versions
  for (const [index, [library, ...versions]] of needed.entries()) {
    const size = 16 * (1 + versions.length)
    u16(at, 1)
    u16(at + 2, versions.length)
    u32(at + 4, name(library))
    u32(at + 8, 16)
    u32(at + 12, index === needed.length - 1 ? 0 : size)
    for (const [position, version] of versions.entries()) {
      u32(at + 16 * (position + 1) + 8, name(version))
      u32(at + 16 * (position + 1) + 12, position === versions.length - 1 ? 0 : 16)
    }
    at += size
  }

  for (const [index, text] of functions.entries()) {
    u32(AT.symbols + (index + 1) * 24, name(text))
    // R_X86_64_JUMP_SLOT, R_AARCH64_JUMP_SLOT.
    u32(AT.relocations + index * 24 + 8, machine === "x64" ? 7 : 1026)
    u32(AT.relocations + index * 24 + 12, index + 1)
  }

  bytes.fill(0x90, AT.code, AT.code + code)
  bytes.fill(0xdb, DEBUG, SECTIONS)
  const sections = [[0, 0, 0, 0], [1, 6, AT.code, code], [1, 0, DEBUG, 0x100], [3, 0, NAMES, names]]
  writeSections(bytes, SECTIONS, BASE, sections)
  return bytes
}
