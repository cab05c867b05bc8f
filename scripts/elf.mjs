/**
 * Reads 64-bit little-endian ELF files, the format of executables on Linux: elf(5), and the generic ABI at
 * https://gabi.xinuos.com. What the loader reads is what counts, so everything is found by way of the segments; a file
 * may have no sections at all.
 */

export const MACHINES = { 62: "x64", 183: "arm64" }

export const SEGMENT = { load: 1, dynamic: 2, note: 4, table: 6 }
export const EXECUTABLE = 1

/** Entries of the dynamic segment. `strtab` to `verneednum` are addresses and counts. */
export const TAG = {
  null: 0,
  needed: 1,
  strtab: 5,
  symtab: 6,
  jmprel: 23,
  pltrelsz: 2,
  flags: 30,
  flags1: 0x6ffffffb,
  verneed: 0x6ffffffe,
  verneednum: 0x6fffffff
}

const HEADER_BYTES = 64

/** SHT_DYNSYM */
const DYNAMIC_SYMBOLS = 11

/** What there is in the file, with offsets into it. Throws an Error when it is no such file. */
export const readElf = (bytes) => {
  const isElf = bytes.length >= HEADER_BYTES && bytes.toString("latin1", 0, 4) === "\x7fELF"
  if (!isElf || bytes[4] !== 2 || bytes[5] !== 1) throw new Error("not a 64-bit little-endian ELF file")
  const number = (at) => Number(bytes.readBigUInt64LE(at))
  const table = (start, count, size, read) => Array.from({ length: count }, (_, index) => read(start + index * size))
  const segments = table(number(32), bytes.readUInt16LE(56), bytes.readUInt16LE(54), (at) => ({
    at,
    type: bytes.readUInt32LE(at),
    flags: bytes.readUInt32LE(at + 4),
    offset: number(at + 8),
    address: number(at + 16),
    fileSize: number(at + 32),
    memorySize: number(at + 40),
    align: number(at + 48)
  }))
  const sections = table(number(40), bytes.readUInt16LE(60), bytes.readUInt16LE(58), (at) => ({
    at,
    type: bytes.readUInt32LE(at + 4),
    allocated: (bytes.readUInt32LE(at + 8) & 2) !== 0,
    address: number(at + 16),
    offset: number(at + 24),
    size: number(at + 32)
  }))
  const elf = { bytes, machine: MACHINES[bytes.readUInt16LE(18)], segments, sections, dynamic: [] }
  const dynamic = segments.find(({ type }) => type === SEGMENT.dynamic)
  if (dynamic !== undefined) {
    const all = table(dynamic.offset, Math.floor(dynamic.fileSize / 16), 16, (at) => ({
      at,
      tag: number(at),
      value: number(at + 8)
    }))
    const end = all.findIndex(({ tag }) => tag === TAG.null)
    elf.dynamic = end === -1 ? all : all.slice(0, end)
  }
  return elf
}

/** Writes the table of segments, in the place of the one that there is. */
export const writeSegments = (bytes, segments) => {
  const start = Number(bytes.readBigUInt64LE(32))
  bytes.writeUInt16LE(segments.length, 56)
  for (const [index, { address, align, fileSize, flags, memorySize, offset, type }] of segments.entries()) {
    const at = start + index * 56
    bytes.writeUInt32LE(type, at)
    bytes.writeUInt32LE(flags, at + 4)
    const fields = [offset, address, address, fileSize, memorySize, align]
    for (const [field, value] of fields.entries()) bytes.writeBigUInt64LE(BigInt(value), at + 8 + field * 8)
  }
}

/** Where in the file lies what is at an address in memory. */
export const offsetOf = ({ segments }, address) => {
  const segment = segments.find((one) =>
    one.type === SEGMENT.load && address >= one.address && address < one.address + one.fileSize
  )
  if (segment === undefined) throw new Error(`nothing in the file is at address 0x${address.toString(16)}`)
  return address - segment.address + segment.offset
}

export const dynamicValue = ({ dynamic }, tag) => dynamic.find((entry) => entry.tag === tag)?.value

/** A string of the dynamic string table. */
const textAt = (elf, index) => {
  const start = offsetOf(elf, dynamicValue(elf, TAG.strtab)) + index
  return elf.bytes.toString("latin1", start, elf.bytes.indexOf(0, start))
}

/** The libraries that the loader must find, with their entries in the dynamic segment. */
export const neededLibraries = (elf) =>
  elf.dynamic.filter(({ tag }) => tag === TAG.needed).map(({ at, value }) => ({ at, name: textAt(elf, value) }))

/** The versions of symbols that must be in each library, such as GLIBC_2.28 in libc.so.6: Elf64_Verneed and Vernaux. */
export const neededVersions = (elf) => {
  const first = dynamicValue(elf, TAG.verneed)
  if (first === undefined) return []
  const { bytes } = elf
  const found = []
  for (let at = offsetOf(elf, first), left = dynamicValue(elf, TAG.verneednum); left > 0; left--) {
    const versions = []
    for (let aux = at + bytes.readUInt32LE(at + 8), more = bytes.readUInt16LE(at + 2); more > 0; more--) {
      versions.push({ at: aux, name: textAt(elf, bytes.readUInt32LE(aux + 8)) })
      aux += bytes.readUInt32LE(aux + 12)
    }
    found.push({ at, library: textAt(elf, bytes.readUInt32LE(at + 4)), versions })
    at += bytes.readUInt32LE(at + 12)
  }
  return found
}

/** The functions and data in this file that others may use, by name. For files that have sections. */
export const symbols = (elf) => {
  const { bytes, sections } = elf
  const section = sections.find(({ type }) => type === DYNAMIC_SYMBOLS)
  if (section === undefined) return []
  const all = Array.from({ length: section.size / 24 }, (_, index) => {
    const at = section.offset + index * 24
    const number = (field) => Number(bytes.readBigUInt64LE(at + field))
    return { name: textAt(elf, bytes.readUInt32LE(at)), address: number(8), size: number(16) }
  })
  return all.filter(({ address }) => address !== 0)
}

/** Where the loader puts the addresses of functions of other files: Elf64_Rela of the procedure linkage table. */
export const functionRelocations = (elf) => {
  const start = dynamicValue(elf, TAG.jmprel)
  if (start === undefined) return []
  const [at, symbols] = [offsetOf(elf, start), offsetOf(elf, dynamicValue(elf, TAG.symtab))]
  const { bytes } = elf
  return Array.from({ length: dynamicValue(elf, TAG.pltrelsz) / 24 }, (_, index) => {
    const entry = at + index * 24
    const symbol = symbols + bytes.readUInt32LE(entry + 12) * 24
    return { at: entry, type: bytes.readUInt32LE(entry + 8), name: textAt(elf, bytes.readUInt32LE(symbol)) }
  })
}
