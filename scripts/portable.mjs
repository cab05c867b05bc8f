/**
 * Makes Node's executable fit for any system with glibc: smaller, and without libatomic, which systems have that have
 * a compiler. Node asks for that library for one function, and calls it for eight bytes each time
 * (https://github.com/nodejs/node/issues/60790).
 */
import {
  dynamicValue,
  EXECUTABLE,
  functionRelocations,
  neededLibraries,
  neededVersions,
  readElf,
  SEGMENT,
  TAG
} from "./elf.mjs"

const LIBRARY = "libatomic.so.1"
const FUNCTION = "__atomic_compare_exchange"

/** The loader puts an address that we give in the place of a function's: R_X86_64_RELATIVE, R_AARCH64_RELATIVE. */
const RELATIVE = { x64: 8, arm64: 1027 }

/**
 * bool __atomic_compare_exchange(size_t size, void *at, void *expected, void *desired, int, int): for eight bytes, and
 * in the strictest order there is. Any other size ends the process.
 */
const ROUTINES = {
  x64: [
    "48 83 ff 08", //    cmp    $8, %rdi
    "75 12", //          jne    1f
    "48 8b 02", //       mov    (%rdx), %rax
    "48 8b 09", //       mov    (%rcx), %rcx
    "f0 48 0f b1 0e", // lock cmpxchg %rcx, (%rsi)
    "48 89 02", //       mov    %rax, (%rdx)
    "0f 94 c0", //       sete   %al
    "c3", //             ret
    "0f 0b" //        1: ud2
  ],
  arm64: [
    "1f 20 00 f1", //    cmp    x0, #8
    "61 01 00 54", //    b.ne   3f
    "48 00 40 f9", //    ldr    x8, [x2]
    "63 00 40 f9", //    ldr    x3, [x3]
    "29 fc 5f c8", // 1: ldaxr  x9, [x1]
    "3f 01 08 eb", //    cmp    x9, x8
    "61 00 00 54", //    b.ne   2f
    "23 fc 0a c8", //    stlxr  w10, x3, [x1]
    "8a ff ff 35", //    cbnz   w10, 1b
    "49 00 00 f9", // 2: str    x9, [x2]
    "e0 17 9f 1a", //    cset   w0, eq
    "c0 03 5f d6", //    ret
    "00 00 00 00" //  3: udf    #0
  ]
}

const PAGE = 4096
const ALIGNMENT = 16

/** Machine code that is written as lines of bytes. */
export const assembled = (lines) => Buffer.from(lines.join("").replaceAll(" ", ""), "hex")

/** All functions are looked up before the program starts: then the loader takes any relocation in their place. */
export const isBoundNow = (elf) =>
  ((dynamicValue(elf, TAG.flags) ?? 0) & 8) !== 0 ||
  ((dynamicValue(elf, TAG.flags1) ?? 0) & 1) !== 0

/** Puts code behind the code that there is, in what is left of its last page, and gives its address. */
export const appendCode = (elf, code) => {
  const { bytes, sections, segments } = elf
  const segment = segments.find(({ flags, type }) => type === SEGMENT.load && (flags & EXECUTABLE) !== 0)
  const size = Math.ceil(segment.fileSize / ALIGNMENT) * ALIGNMENT
  const [start, end] = [segment.offset + size, segment.offset + size + code.length]
  const isFree = end <= Math.ceil((segment.offset + segment.fileSize) / PAGE) * PAGE &&
    segments.every((one) => one === segment || one.type !== SEGMENT.load || one.offset >= end || one.offset < start) &&
    bytes.subarray(start, end).every((byte) => byte === 0)
  if (!isFree) throw new Error("there is no room behind the code")
  code.copy(bytes, start)
  for (const at of [segment.at + 32, segment.at + 40]) bytes.writeBigUInt64LE(BigInt(size + code.length), at)
  // For tools that go by sections: the last one of code has it.
  const last = sections.findLast(({ address, allocated }) =>
    allocated && address >= segment.address && address < segment.address + segment.fileSize
  )
  if (last !== undefined) bytes.writeBigUInt64LE(BigInt(end - last.offset), last.at + 32)
  return segment.address + size
}

/** Has calls of another file's function go to an address in this one. */
export const callInstead = ({ bytes, machine }, relocation, address) => {
  bytes.writeBigUInt64LE(BigInt(RELATIVE[machine]), relocation.at + 8)
  bytes.writeBigUInt64LE(BigInt(address), relocation.at + 16)
}

/** Changes the bytes of an executable that asks for libatomic; true when it did. */
export const removeLibatomic = (bytes) => {
  const elf = readElf(bytes)
  const library = neededLibraries(elf).find(({ name }) => name === LIBRARY)
  if (library === undefined) return false
  const versions = neededVersions(elf)
  const relocations = functionRelocations(elf).filter(({ name }) => name.startsWith("__atomic_"))
  const isKnown = isBoundNow(elf) && elf.machine in ROUTINES && relocations.length === 1 &&
    relocations[0].name === FUNCTION && versions.find((one) => one.library === LIBRARY)?.versions.length === 1
  if (!isKnown) throw new Error(`this Node asks for ${LIBRARY} in another way than the one that is known here`)

  callInstead(elf, relocations[0], appendCode(elf, assembled(ROUTINES[elf.machine])))

  const last = elf.dynamic.at(-1).at
  bytes.copy(bytes, library.at, library.at + 16, last + 16)
  bytes.fill(0, last, last + 16)

  // The version that was asked of the library is asked of libc again: some version that it is asked for already.
  const [old, libc] = [LIBRARY, "libc.so.6"].map((name) => versions.find((one) => one.library === name))
  bytes.copy(bytes, old.at + 4, libc.at + 4, libc.at + 8)
  const [from, to] = [libc.versions[0].at, old.versions[0].at]
  bytes.copy(bytes, to, from, from + 4)
  bytes.copy(bytes, to + 8, from + 8, from + 12)
  return true
}

/**
 * The file without what only debuggers read: symbols and debug information, which lie behind everything that is loaded.
 * The table of the other sections, and their names, come last.
 */
export const stripped = (bytes) => {
  const { sections, segments } = readElf(bytes)
  const kept = sections.findIndex(({ allocated, type }) => !allocated && type !== 0)
  const end = Math.max(...segments.filter(({ type }) => type === SEGMENT.load).map((one) => one.offset + one.fileSize))
  // Only where the others are last, so that no section's number changes.
  if (kept === -1 || sections.slice(kept).some(({ allocated }) => allocated)) return bytes
  const names = sections[bytes.readUInt16LE(62)]
  const nameBytes = bytes.subarray(names.offset, names.offset + names.size)
  const size = bytes.readUInt16LE(58)
  const table = Buffer.concat([
    bytes.subarray(sections[0].at, sections[0].at + kept * size),
    bytes.subarray(names.at, names.at + size)
  ])
  table.writeBigUInt64LE(BigInt(end), kept * size + 24)
  const padding = Buffer.alloc(-(end + nameBytes.length) & 7)
  const header = Buffer.from(bytes.subarray(0, 64))
  header.writeBigUInt64LE(BigInt(end + nameBytes.length + padding.length), 40)
  header.writeUInt16LE(kept + 1, 60)
  header.writeUInt16LE(kept, 62)
  return Buffer.concat([header, bytes.subarray(64, end), nameBytes, padding, table])
}
