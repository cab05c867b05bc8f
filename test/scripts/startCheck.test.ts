import { describe, expect, it } from "vitest"
import { readElf } from "../../scripts/elf.mjs"
import { checkAtStart } from "../../scripts/startCheck.mjs"
import { CODE_AT, type SmallElf, smallElf } from "../support/smallElf.ts"

const BASE = 0x400000
const START = BASE + CODE_AT
/** Where the loader puts the address of pthread_create. */
const SLOT = BASE + 0x2350

/** Instructions that go on at the address in the slot, as the linker makes them for calls of other files' functions. */
const CALL = {
  x64: (at: number) => {
    const call = Buffer.from("ff2500000000", "hex")
    call.writeInt32LE(SLOT - (at + 6), 2)
    return call
  },
  // adrp x16, 0x402000; ldr x17, [x16, #0x350]; add x16, x16, #0x350; br x17
  arm64: () => Buffer.from("100000b011aa41f910420d9120021fd6", "hex")
}

/** A file that calls pthread_create at 16 bytes behind the beginning of its code. */
const node = (more: Partial<SmallElf> = {}) => {
  const machine = more.machine ?? "x64"
  const bytes = smallElf({
    machine,
    needed: [["libc.so.6", "GLIBC_2.17"]],
    functions: ["malloc", "pthread_create"],
    code: 48,
    ...more
  })
  bytes.writeUInt16LE(2, 16)
  bytes.writeBigUInt64LE(BigInt(START), 24)
  bytes.writeBigUInt64LE(BigInt(SLOT), 0x600 + 24)
  const { sections } = readElf(bytes)
  bytes.writeUInt32LE(8, sections[2]!.at + 4)
  bytes.writeBigUInt64LE(3n, sections[2]!.at + 8)
  bytes.writeBigUInt64LE(0x402600n, sections[2]!.at + 16)
  CALL[machine](START + 16).copy(bytes, CODE_AT + 16)
  return bytes
}

const startOf = (bytes: Buffer) => Number(bytes.readBigUInt64LE(24))

describe("an executable that says what its process may not have", () => {
  it.each([["x64", "4889d3", "5357565251"], ["arm64", "e90300aa", "fd7bbca9"]] as const)(
    "begins with code of ours, and starts threads by way of it: %s",
    (machine, begin, create) => {
      const before = node({ machine })
      const bytes = checkAtStart(before)
      const at = startOf(bytes) - BASE
      expect(at).toBeGreaterThan(CODE_AT + 16)
      expect(bytes.toString("hex", at, at + begin.length / 2)).toBe(begin)
      const jump = CODE_AT + 16
      const target = machine === "x64"
        ? jump + 5 + bytes.readInt32LE(jump + 1)
        : jump + (bytes.readUInt32LE(jump) & 0x3ffffff) * 4
      expect(bytes.toString("hex", target, target + create.length / 2)).toBe(create)
      const { segments } = readElf(bytes)
      const code = bytes.subarray(at, segments[1]!.offset + segments[1]!.fileSize)
      // What it goes on with.
      for (const address of [START, SLOT]) {
        const word = Buffer.alloc(8)
        word.writeBigUInt64LE(BigInt(address))
        expect(code.includes(word)).toBe(true)
      }
      for (const limit of ["ulimit -u", "ulimit -n", "ulimit -v"]) expect(code.includes(limit)).toBe(true)
      expect(node({ machine }).equals(before)).toBe(true)
    }
  )

  it.each<[string, Partial<SmallElf>, (bytes: Buffer) => void]>([
    ["no call that starts a thread", { functions: ["malloc"] }, () => {}],
    ["a call that is made in another way", {}, (bytes) => bytes.fill(0x90, CODE_AT, CODE_AT + 48)],
    ["functions that are looked up when they are called", { bindNow: false }, () => {}],
    ["addresses that the loader chooses", {}, (bytes) => bytes.writeUInt16LE(3, 16)]
  ])("stops the build: %s", (_, more, change) => {
    const bytes = node(more)
    change(bytes)
    expect(() => checkAtStart(bytes)).toThrow("in another way than the one that is known here")
  })
})
