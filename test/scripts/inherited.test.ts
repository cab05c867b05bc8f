import { describe, expect, it } from "vitest"
import { functionRelocations, readElf } from "../../scripts/elf.mjs"
import { keepInherited } from "../../scripts/inherited.mjs"
import { CODE_AT, type SmallElf, smallElf } from "../support/smallElf.ts"

const START = 0x401000

/** A file whose last section is memory without content, as in Node. */
const node = (more: Partial<SmallElf> = {}) => {
  const bytes = smallElf({
    machine: "x64",
    needed: [["libc.so.6", "GLIBC_2.17"]],
    functions: ["malloc", "setrlimit64"],
    ...more
  })
  bytes.writeUInt16LE(2, 16)
  bytes.writeBigUInt64LE(BigInt(START), 24)
  const { sections } = readElf(bytes)
  bytes.writeUInt32LE(8, sections[2]!.at + 4)
  bytes.writeBigUInt64LE(3n, sections[2]!.at + 8)
  bytes.writeBigUInt64LE(0x402600n, sections[2]!.at + 16)
  return bytes
}

const startOf = (bytes: Buffer) => Number(bytes.readBigUInt64LE(24))

describe("an executable that keeps what its caller had", () => {
  it.each([["x64", "b8ffffffffc3", "4989d0"], ["arm64", "00008012c0035fd6", "e90300aa"]] as const)(
    "raises no limit, and begins with code of ours, which goes on with its own: %s",
    (machine, refusal, begin) => {
      const before = node({ machine })
      const bytes = keepInherited(before)
      const [other, ours] = functionRelocations(readElf(bytes))
      expect(other!.type).toBe(functionRelocations(readElf(before))[0]!.type)
      const at = (address: number) => address - 0x400000
      const call = at(Number(bytes.readBigUInt64LE(ours!.at + 16)))
      expect(bytes.toString("hex", call, call + refusal.length / 2)).toBe(refusal)
      const start = at(startOf(bytes))
      expect(start).toBeGreaterThan(CODE_AT)
      expect(bytes.toString("hex", start, start + begin.length / 2)).toBe(begin)
      const { segments } = readElf(bytes)
      const code = segments[1]!
      const end = code.offset + code.fileSize
      // Where its texts go, and where it goes on.
      expect(Number(bytes.readBigUInt64LE(end - 8))).toBe(START)
      const memory = Number(bytes.readBigUInt64LE(end - 16))
      const data = segments[2]!
      expect(memory).toBeGreaterThanOrEqual(data.address + data.fileSize)
      expect(memory + 34).toBeLessThanOrEqual(data.address + data.memorySize)
      expect(node({ machine }).equals(before)).toBe(true)
    }
  )

  it.each<[string, Partial<SmallElf>, (bytes: Buffer) => void]>([
    ["no call that raises a limit", { functions: ["malloc"] }, () => {}],
    ["functions that are looked up when they are called", { bindNow: false }, () => {}],
    ["addresses that the loader chooses", {}, (bytes) => bytes.writeUInt16LE(3, 16)]
  ])("stops the build: %s", (_, more, change) => {
    const bytes = node(more)
    change(bytes)
    expect(() => keepInherited(bytes)).toThrow("in another way than the one that is known here")
  })
})
