import { describe, expect, it } from "vitest"
import { OLDEST_MACOS, problemOnMacOS, readMachO } from "../../scripts/machO.mjs"
import { smallMachO } from "../support/smallMachO.ts"

describe("a Mach-O file", () => {
  it.each(["today", "old"] as const)("is read, its oldest macOS in the form of %s", (form) => {
    const libraries = ["/usr/lib/libc++.1.dylib", "/usr/lib/libSystem.B.dylib"]
    expect(readMachO(smallMachO({ cpu: "x64", form, oldest: [10, 7], libraries, isSigned: false }))).toEqual({
      cpu: "x64",
      oldest: "10.7",
      libraries,
      isSigned: false
    })
  })

  it("that is another file, or cut short, is told", () => {
    const whole = smallMachO()
    expect(() => readMachO(Buffer.from("\x7fELF"))).toThrow("not a 64-bit Mach-O file")
    expect(() => readMachO(whole.subarray(0, whole.length - 8))).toThrow("cut short")
  })
})

describe("what runs on every Mac of a kind", () => {
  it("is for its processor, old enough, signed, and asks for what macOS has", () => {
    expect(problemOnMacOS("arm64", smallMachO())).toBeUndefined()
    expect(problemOnMacOS("arm64", smallMachO({ oldest: [13, 5] }))).toBeUndefined()
    expect(problemOnMacOS("x64", smallMachO({ cpu: "x64", isSigned: false }))).toBeUndefined()
    expect(problemOnMacOS("arm64", smallMachO({ isSigned: false }), { signed: false })).toBeUndefined()
  })

  it.each([
    [smallMachO({ cpu: "x64" }), "is for x64, not for arm64"],
    [smallMachO({ oldest: [14, 0] }), `asks for macOS 14.0: ${OLDEST_MACOS} is what Node asks for`],
    [smallMachO({ libraries: ["@rpath/libnode.dylib"] }), "asks for @rpath/libnode.dylib: a Mac does not have it"],
    [smallMachO({ libraries: ["/opt/homebrew/lib/libuv.1.dylib"] }), "asks for /opt/homebrew/lib/libuv.1.dylib"],
    [smallMachO({ isSigned: false }), "is not signed"],
    [Buffer.from("#!/bin/sh"), "is not a 64-bit Mach-O file"]
  ])("is nothing else: %#", (bytes, problem) => {
    expect(problemOnMacOS("arm64", bytes)).toContain(problem)
  })
})
