/** Makes small Mach-O files, with what is read of them. */

export interface SmallMachO {
  readonly cpu?: "x64" | "arm64"
  /** The oldest macOS, in the form of today or of before 2018 (LC_BUILD_VERSION, LC_VERSION_MIN_MACOSX). */
  readonly oldest?: readonly [major: number, minor: number]
  readonly form?: "today" | "old"
  readonly libraries?: ReadonlyArray<string>
  readonly isSigned?: boolean
}

const command = (kind: number, ...words: ReadonlyArray<number>): Buffer => {
  const bytes = Buffer.alloc(8 + 4 * words.length)
  for (const [index, word] of [kind, bytes.length, ...words].entries()) bytes.writeUInt32LE(word, 4 * index)
  return bytes
}

/** LC_LOAD_DYLIB: the name is behind five numbers. */
const library = (name: string): Buffer => {
  const bytes = Buffer.alloc(24 + (Math.ceil((name.length + 1) / 8) * 8))
  for (const [index, word] of [0xc, bytes.length, 24].entries()) bytes.writeUInt32LE(word, 4 * index)
  bytes.write(name, 24)
  return bytes
}

export const smallMachO = ({
  cpu = "arm64",
  form = "today",
  isSigned = true,
  libraries = ["/usr/lib/libSystem.B.dylib"],
  oldest: [major, minor] = [11, 0]
}: SmallMachO = {}): Buffer => {
  const version = (major << 16) | (minor << 8)
  const commands = [
    form === "today" ? command(0x32, 1, version, 0, 0) : command(0x24, version, 0),
    ...libraries.map(library),
    ...isSigned ? [command(0x1d, 0, 0)] : []
  ]
  const header = Buffer.alloc(32)
  header.writeUInt32LE(0xfeedfacf, 0)
  header.writeUInt32LE(cpu === "arm64" ? 0x0100000c : 0x01000007, 4)
  header.writeUInt32LE(commands.length, 16)
  return Buffer.concat([header, ...commands])
}
