import { describe, expect, it } from "vitest"
import { functionRelocations, neededLibraries, neededVersions, readElf } from "../../scripts/elf.mjs"
import { removeLibatomic, stripped } from "../../scripts/portable.mjs"
import { CODE_AT, type SmallElf, smallElf } from "../support/smallElf.ts"

const FUNCTION = "__atomic_compare_exchange"

const node = (more: Partial<SmallElf> = {}) =>
  smallElf({
    machine: "x64",
    needed: [["libatomic.so.1", "LIBATOMIC_1.0"], ["libc.so.6", "GLIBC_2.17", "GLIBC_2.28"]],
    functions: ["malloc", FUNCTION],
    ...more
  })

const libraries = (bytes: Buffer) => neededLibraries(readElf(bytes)).map(({ name }) => name)

const versions = (bytes: Buffer) =>
  neededVersions(readElf(bytes)).map(({ library, versions }) => [library].concat(versions.map(({ name }) => name)))

describe("an ELF file", () => {
  it("tells what the loader would look for", () => {
    expect(libraries(node())).toEqual(["libatomic.so.1", "libc.so.6"])
    expect(versions(node())).toEqual([["libatomic.so.1", "LIBATOMIC_1.0"], ["libc.so.6", "GLIBC_2.17", "GLIBC_2.28"]])
    expect(functionRelocations(readElf(node())).map(({ name }) => name)).toEqual(["malloc", FUNCTION])
    expect(readElf(node({ machine: "arm64" })).machine).toBe("arm64")
  })

  it.each([["empty", ""], ["a script", "#!/bin/sh\n".repeat(9)], ["of 32 bits", `\x7fELF\x01\x01${"\0".repeat(99)}`]])(
    "is not %s",
    (_, text) => {
      expect(() => readElf(Buffer.from(text, "latin1"))).toThrow("not a 64-bit little-endian ELF file")
    }
  )
})

describe("libatomic", () => {
  it.each([["x64", 8, "4883ff08"], ["arm64", 1027, "1f2000f1"]] as const)(
    "is asked for no more, and its function is in the file: %s",
    (machine, relative, begin) => {
      const bytes = node({ machine })
      expect(removeLibatomic(bytes)).toBe(true)
      expect(libraries(bytes)).toEqual(["libc.so.6"])
      expect(versions(bytes)).toEqual([["libc.so.6", "GLIBC_2.17"], ["libc.so.6", "GLIBC_2.17", "GLIBC_2.28"]])
      const [other, ours] = functionRelocations(readElf(bytes))
      expect(other!.type).not.toBe(relative)
      expect(ours!.type).toBe(relative)
      expect(bytes.readBigUInt64LE(ours!.at + 16)).toBe(BigInt(0x400000 + CODE_AT + 32))
      expect(bytes.toString("hex", CODE_AT + 32, CODE_AT + 36)).toBe(begin)
      // The segment of code, and its section, reach as far as the function does.
      const text = readElf(bytes).sections[1]!
      expect(text.size).toBeGreaterThan(32)
      expect(removeLibatomic(bytes)).toBe(false)
    }
  )

  it("is not looked for where it is not asked for", () => {
    const bytes = node({ needed: [["libc.so.6", "GLIBC_2.28"]], functions: ["malloc"] })
    const before = Buffer.from(bytes)
    expect(removeLibatomic(bytes)).toBe(false)
    expect(bytes.equals(before)).toBe(true)
  })

  it.each<[string, Partial<SmallElf>]>([
    ["another function", { functions: ["__atomic_load"] }],
    ["two functions", { functions: [FUNCTION, "__atomic_load"] }],
    ["no function", { functions: ["malloc"] }],
    ["functions that are looked up when they are called", { bindNow: false }]
  ])("stops the build: %s", (_, more) => {
    expect(() => removeLibatomic(node(more))).toThrow("in another way than the one that is known here")
  })

  it("stops the build where there is no room for its function", () => {
    expect(() => removeLibatomic(node({ code: 4090 }))).toThrow("no room behind the code")
  })
})

describe("a stripped file", () => {
  it("has what is loaded, and sections for it alone", () => {
    const bytes = node()
    const small = stripped(bytes)
    expect(small.length).toBeLessThan(bytes.length)
    expect(small.includes(Buffer.alloc(16, 0xdb))).toBe(false)
    expect(libraries(small)).toEqual(libraries(bytes))
    expect(readElf(small).sections.map(({ allocated }) => allocated)).toEqual([false, true, false])
    expect(stripped(small).equals(small)).toBe(true)
  })
})
