/**
 * Joins Node and what `--build-sea` has made of the program. Node does that too (with LIEF), in a way that needs more
 * room, and pages of 4 KB on aarch64, where RHEL 8 has those of 64 KB: it adds segments behind the others. Here the
 * program takes the place of data of ICU that nobody uses (icu.mjs), and what is left of that place is taken out.
 *
 * The table of segments stays where it is: Linux before 5.18 finds it only in the first one. It has room for twelve.
 */
import { readElf, SEGMENT, writeSegments } from "./elf.mjs"

/** What a page is at most: a segment has its pages for itself. */
const PAGES = { x64: 0x1000, arm64: 0x10000 }

/** Node runs as itself until the last character of this is 1. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:"

/** Behind the program in its segment; notes are read in words of four bytes. */
const ALIGNMENT = 16

const setFuse = (bytes) => {
  const at = bytes.indexOf(FUSE)
  if (at === -1 || bytes.indexOf(FUSE, at + 1) !== -1) throw new Error("this Node has no fuse, or two")
  bytes.write("1", at + FUSE.length, "latin1")
}

/** The notes of an executable that `--build-sea` has made: the program is in one of them. */
export const notesOf = (bytes) => {
  const notes = readElf(bytes).segments.filter(({ type }) => type === SEGMENT.note)
  if (notes.length !== 1) throw new Error("the program is not in the one segment of notes")
  return bytes.subarray(notes[0].offset, notes[0].offset + notes[0].fileSize)
}

/** `unused`: addresses, from and to, in the middle of one segment. */
export const join = (node, unused, notes) => {
  const { machine, sections, segments } = readElf(node)
  const page = PAGES[machine]
  const whole = segments.find(({ address, fileSize, type }) =>
    type === SEGMENT.load && address <= unused.from && unused.to <= address + fileSize
  )
  const [noteAddress, end] = [Math.ceil(unused.from / ALIGNMENT) * ALIGNMENT, Math.floor(unused.to / page) * page]
  const next = noteAddress + notes.length
  // The first address of a page that has nothing on it any more.
  const start = Math.ceil(next / page) * page
  if (whole === undefined || start > end) throw new Error("there is no room for the program in Node")
  const cut = end - start
  const offset = (address) => address - whole.address + whole.offset
  const moved = (at) => at >= offset(end) ? at - cut : at

  const table = segments.flatMap((one) => {
    if (one.type === SEGMENT.table) return []
    if (one.type === SEGMENT.note) {
      const size = { fileSize: notes.length, memorySize: notes.length }
      return [{ ...one, ...size, offset: offset(noteAddress), address: noteAddress }]
    }
    if (one !== whole) return [{ ...one, offset: moved(one.offset) }]
    const [first, second] = [next - one.address, one.address + one.fileSize - end]
    return [
      { ...one, fileSize: first, memorySize: first },
      { ...one, fileSize: second, memorySize: second, offset: offset(end) - cut, address: end }
    ]
  })
  if (table.length > segments.length) throw new Error("there is no room for another segment")

  // strip(1) and objcopy(1) keep what is in a section, and a segment that begins and ends with one.
  const inThree = sections.find((one) =>
    one.allocated && one.address <= unused.from && unused.to <= one.address + one.size
  )
  const [count, tableAt] = [node.readUInt16LE(60), Number(node.readBigUInt64LE(40))]
  // Sections keep their numbers, so that more of them come last.
  if (inThree === undefined || tableAt + count * 64 !== node.length) throw new Error("there is no room for a section")
  const section = (address, size) => {
    const header = Buffer.from(node.subarray(inThree.at, inThree.at + 64))
    const at = address < end ? offset(address) : offset(address) - cut
    for (const [index, value] of [address, at, size].entries()) header.writeBigUInt64LE(BigInt(value), 16 + index * 8)
    header.writeBigUInt64LE(BigInt(ALIGNMENT), 48)
    return header
  }

  const bytes = Buffer.concat([
    node.subarray(0, offset(start)),
    node.subarray(offset(end)),
    section(noteAddress, notes.length),
    section(end, inThree.address + inThree.size - end)
  ])
  bytes.fill(0, offset(unused.from), offset(start))
  notes.copy(bytes, offset(noteAddress))
  writeSegments(bytes, table)
  for (const one of sections) bytes.writeBigUInt64LE(BigInt(moved(one.offset)), moved(one.at) + 24)
  bytes.writeBigUInt64LE(BigInt(noteAddress - inThree.address), moved(inThree.at) + 32)
  bytes.writeBigUInt64LE(BigInt(moved(tableAt)), 40)
  bytes.writeUInt16LE(count + 2, 60)
  setFuse(bytes)
  return bytes
}
