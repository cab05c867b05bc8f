/**
 * Leaves of ICU's data in Node what sesh needs: https://unicode-org.github.io/icu/userguide/icu_data. Node has those of
 * all languages and encodings in it, 33 MB. sesh speaks English, in UTF-8: under any other locale, what ICU looks for
 * in vain it takes from its root locale.
 */
import { offsetOf, readElf, symbols } from "./elf.mjs"

/** Such data are a table of contents, by name, and its items, each on a boundary of 16 bytes. */
const ALIGNMENT = 16

const isEnglish = (file) => /^(root|en|en_US|en_US_POSIX)\.res$/.test(file)

/** Lists of what there is, and the strings that a folder's files share. */
const isCommon = (file) => /^(res_index|pool)\.res$/.test(file)

const isLocale = (file) => /^[a-z]{2,3}(_\w+)?\.res$/.test(file)

const isInEnglish = (file) => isEnglish(file) || isCommon(file)

/** What ICU opens of a folder of which nothing is asked. */
const isBare = (file) => file === "root.res" || file === "res_index.res"

/** By folder: which files are kept. Without a folder: what is not about one language or encoding. */
const KEPT = {
  brkitr: (file) => isInEnglish(file) || file.endsWith(".brk"),
  coll: (file) => isEnglish(file) || file === "res_index.res" || file === "ucadata.icu",
  curr: isInEnglish,
  zone: isInEnglish,
  lang: isBare,
  region: isBare,
  unit: isBare,
  rbnf: isBare,
  translit: (file) => file === "res_index.res",
  "": (file) => !file.endsWith(".cnv") && file !== "unames.icu" && (isInEnglish(file) || !isLocale(file))
}

/** `icudt78l/coll/root.res`: the first part is the data's own name. */
const isKept = (name) => {
  const [, folder, file] = /^[^/]+\/(?:([^/]+)\/)?(.+)$/.exec(name)
  return KEPT[folder ?? ""]?.(file) ?? false
}

const items = (data, base) => {
  const entries = Array.from({ length: data.readUInt32LE(base) }, (_, index) => {
    const at = base + 4 + index * 8
    const name = base + data.readUInt32LE(at)
    return { name: data.toString("latin1", name, data.indexOf(0, name)), start: base + data.readUInt32LE(at + 4) }
  })
  return entries.map(({ name, start }, index) => ({
    name,
    bytes: data.subarray(start, entries[index + 1]?.start ?? data.length)
  }))
}

const padding = (length) => Buffer.alloc(-length & (ALIGNMENT - 1))

/** The same data with less in them. */
const smaller = (data) => {
  const base = data.readUInt16LE(0)
  if (data.toString("latin1", 12, 16) !== "CmnD") throw new Error("ICU's data are not of the kind that is known here")
  const kept = items(data, base).filter(({ name }) => isKept(name))
  const contents = Buffer.alloc(4 + kept.length * 8)
  contents.writeUInt32LE(kept.length, 0)
  const parts = [data.subarray(0, base), contents]
  let length = base + contents.length
  const add = (bytes) => {
    parts.push(bytes)
    length += bytes.length
  }
  for (const [index, { name }] of kept.entries()) {
    contents.writeUInt32LE(length - base, 4 + index * 8)
    add(Buffer.from(`${name}\0`, "latin1"))
  }
  for (const [index, { bytes }] of kept.entries()) {
    add(padding(length))
    contents.writeUInt32LE(length - base, 8 + index * 8)
    add(bytes)
  }
  return Buffer.concat(parts)
}

/** Changes an ELF file with ICU's data in it; gives the addresses, from and to, that nothing uses any more. */
export const shrinkIcu = (bytes) => {
  const elf = readElf(bytes)
  const symbol = symbols(elf).find(({ name }) => /^icudt\d+_dat$/.test(name))
  if (symbol === undefined) throw new Error("this Node has no ICU data where they were looked for")
  const { address, size } = symbol
  const offset = offsetOf(elf, address)
  const data = smaller(Buffer.from(bytes.subarray(offset, offset + size)))
  data.copy(bytes, offset)
  bytes.fill(0, offset + data.length, offset + size)
  return { from: address + data.length, to: address + size }
}
