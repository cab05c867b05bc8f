/**
 * Reads 64-bit little-endian Mach-O files, the format of executables on macOS, and says what keeps one from running on
 * the systems that sesh is for. The layout is that of Apple's mach-o/loader.h.
 */

const MAGIC = 0xfeedfacf
const HEADER_BYTES = 32
const CPUS = { 0x01000007: "x64", 0x0100000c: "arm64" }

/** Kinds of load commands. A library is loaded always, weakly, again for others, or when first used. */
const COMMAND = { signature: 0x1d, minimum: 0x24, build: 0x32 }
const LIBRARIES = new Set([0xc, 0x80000018, 0x8000001f, 0x20])

/** The macOS that Node's own executables ask for, so that of the systems that sesh is for (docs/platforms.md). */
export const OLDEST_MACOS = "13.5"

const versionOf = (number) => `${number >>> 16}.${(number >>> 8) & 0xff}`

/** Throws an Error when it is no such file. */
export const readMachO = (bytes) => {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC) throw new Error("not a 64-bit Mach-O file")
  const found = { cpu: CPUS[bytes.readUInt32LE(4)], oldest: undefined, libraries: [], isSigned: false }
  let at = HEADER_BYTES
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    const [command, size] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)]
    if (size < 8 || at + size > bytes.length) throw new Error("a Mach-O file that is cut short")
    if (LIBRARIES.has(command)) {
      const name = bytes.toString("utf8", at + bytes.readUInt32LE(at + 8), at + size)
      found.libraries.push(name.replace(/\0.*$/s, ""))
    }
    if (command === COMMAND.build) found.oldest = versionOf(bytes.readUInt32LE(at + 12))
    if (command === COMMAND.minimum) found.oldest = versionOf(bytes.readUInt32LE(at + 8))
    if (command === COMMAND.signature) found.isSigned = true
    at += size
  }
  return found
}

const isNewer = (version, than) => version.localeCompare(than, "en", { numeric: true }) > 0

/** Libraries that every macOS has. */
const isSystems = (library) => library.startsWith("/usr/lib/") || library.startsWith("/System/")

/**
 * Why a file does not run on a Mac of that kind, or not on every one; undefined when it does. An executable that is
 * still to be signed need not be signed: the kernel runs no other code on arm64.
 */
export const problemOnMacOS = (cpu, bytes, { signed = true } = {}) => {
  let file
  try {
    file = readMachO(bytes)
  } catch (error) {
    return `is ${error.message}`
  }
  if (file.cpu !== cpu) return `is for ${file.cpu ?? "another processor"}, not for ${cpu}`
  if (file.oldest === undefined || isNewer(file.oldest, OLDEST_MACOS)) {
    return `asks for macOS ${file.oldest ?? "of any version"}: ${OLDEST_MACOS} is what Node asks for`
  }
  const foreign = file.libraries.filter((library) => !isSystems(library))
  if (foreign.length > 0) return `asks for ${foreign.join(", ")}: a Mac does not have it`
  return signed && cpu === "arm64" && !file.isSigned ? "is not signed" : undefined
}
