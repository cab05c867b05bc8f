import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { copyAddon } from "../../scripts/addon.mjs"
import { requirePrebuilt } from "../../scripts/platform.mjs"
import { smallElf } from "../support/smallElf.ts"
import { smallMachO } from "../support/smallMachO.ts"

let temp = ""
let modules = ""
let to = ""

beforeEach(() => {
  temp = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-addon-"))
  modules = path.join(temp, "node_modules")
  to = path.join(temp, "to")
  fs.mkdirSync(to)
})

afterEach(() => fs.rmSync(temp, { recursive: true }))

const addon = (...versions: ReadonlyArray<string>) =>
  smallElf({ machine: "arm64", needed: [["libc.so.6", ...versions]], functions: ["forkpty"] })

const put = (name: string, bytes: Buffer) => {
  const file = path.join(modules, "@lydell", name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, bytes)
}

describe("the addon of a platform", () => {
  it.each(["node-pty-linux-arm64/pty.node", "node-pty-linux-arm64/prebuilds/linux-arm64/pty.node"])(
    "is found in the package for it: %s",
    (name) => {
      const bytes = addon("GLIBC_2.4", "GLIBC_2.17", "GLIBC_2.28")
      put(name, bytes)
      copyAddon("linux-arm64", modules, to)
      expect(fs.readdirSync(to)).toEqual(["pty.node"])
      expect(fs.readFileSync(path.join(to, "pty.node"))).toEqual(bytes)
    }
  )

  it("is refused when it asks for a newer glibc than Node does", () => {
    put("node-pty-linux-arm64/pty.node", addon("GLIBC_2.17", "GLIBC_2.28", "GLIBC_2.32", "GLIBC_2.34"))
    expect(() => copyAddon("linux-arm64", modules, to)).toThrow(
      "the terminal addon for linux-arm64 asks for GLIBC_2.32, GLIBC_2.34: glibc 2.28 does not have it"
    )
    expect(fs.readdirSync(to)).toEqual([])
  })

  it("comes on macOS with the program that starts others", () => {
    put("node-pty-darwin-arm64/pty.node", smallMachO())
    put("node-pty-darwin-arm64/spawn-helper", smallMachO())
    copyAddon("darwin-arm64", modules, to)
    expect(fs.readdirSync(to).toSorted()).toEqual(["pty.node", "spawn-helper"])
    expect(fs.statSync(path.join(to, "spawn-helper")).mode & 0o111).toBe(0o111)
  })

  it("is refused when a Mac would not run it", () => {
    put("node-pty-darwin-arm64/pty.node", smallMachO())
    put("node-pty-darwin-arm64/spawn-helper", smallMachO({ isSigned: false }))
    expect(() => copyAddon("darwin-arm64", modules, to))
      .toThrow("the terminal addon for darwin-arm64's spawn-helper is not signed")
  })

  it("is missed when npm left it out", () => {
    put("node-pty-linux-x64/pty.node", addon("GLIBC_2.28"))
    expect(() => copyAddon("linux-arm64", modules, to)).toThrow("npm brought no terminal addon for linux-arm64")
  })
})

describe("where nothing comes compiled", () => {
  it.each(["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"])("is not %s", (platform) => {
    expect(() => requirePrebuilt(platform, false)).not.toThrow()
  })

  it.each([
    ["freebsd-x64", false, "freebsd-x64: "],
    ["linux-riscv64", false, "linux-riscv64: "],
    ["linux-ia32", false, "linux-ia32: "],
    ["linux-x64", true, "linux-x64 with musl: "]
  ])("is %s (musl: %s), and one line says what to do", (platform, musl, named) => {
    const said = { message: "" }
    try {
      requirePrebuilt(platform, musl)
    } catch (error) {
      said.message = (error as Error).message
    }
    expect(said.message).toContain(named)
    expect(said.message).toContain("linux-x64, linux-arm64, darwin-x64, darwin-arm64")
    expect(said.message).toContain("g++, make and python3")
    expect(said.message).not.toContain("\n")
  })
})
