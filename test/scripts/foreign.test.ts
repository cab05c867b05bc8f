import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type Machine, problemWith, runnerOf } from "../../scripts/foreign.mjs"

let root = ""

beforeEach(() => void (root = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-foreign-"))))
afterEach(() => fs.rmSync(root, { recursive: true }))

const put = (name: string) => {
  const file = path.join(root, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, "")
  return file
}

const machine = (own: string): Machine => ({ own, root, path: `${root}/empty:${root}/bin` })

const ARM = ["linux-x64", "linux-arm64", "qemu-aarch64", "aarch64-linux-gnu", "arm64"] as const
const X64 = ["linux-arm64", "linux-x64", "qemu-x86_64", "x86_64-linux-gnu", "amd64"] as const

describe("programs of another platform", () => {
  it.each([...ARM.slice(0, 2), "darwin-x64", "darwin-arm64"])("are not those of one's own: %s", (own) => {
    expect(problemWith(own, machine(own))).toBeUndefined()
    expect(runnerOf(own, machine(own))).toEqual([])
  })

  describe.each([ARM, X64])("on %s, of %s", (own, other, emulator, triplet, debian) => {
    const packages = `qemu-user-static libc6-${debian}-cross libstdc++6-${debian}-cross`
    const advice = `programs of ${other} run here with these packages of Debian: apt-get install ${packages}`

    it.each([emulator, `${emulator}-static`])("are run by %s", (name) => {
      const program = put(`bin/${name}`)
      put(`usr/${triplet}/lib/libstdc++.so.6`)
      expect(problemWith(other, machine(own))).toBeUndefined()
      expect(runnerOf(other, machine(own))).toEqual([program, "-L", `/usr/${triplet}`])
    })

    it("need an emulator, and their libraries", () => {
      expect(problemWith(other, machine(own))).toBe(advice)
      put(`bin/${emulator}-static`)
      expect(problemWith(other, machine(own))).toBe(advice)
      expect(() => runnerOf(other, machine(own))).toThrow(advice)
    })

    it("need the emulator as well as the libraries", () => {
      put(`usr/${triplet}/lib/libstdc++.so.6`)
      expect(problemWith(other, machine(own))).toBe(advice)
    })
  })

  it.each([
    ["linux-x64", "darwin-arm64"],
    ["linux-arm64", "darwin-x64"],
    ["darwin-arm64", "linux-arm64"],
    ["darwin-arm64", "darwin-x64"]
  ])("on %s do not run: %s", (own, other) => {
    put("bin/qemu-aarch64-static")
    put("usr/aarch64-linux-gnu/lib/libstdc++.so.6")
    const problem = `programs of ${other} do not run here: build on such a machine`
    expect(problemWith(other, machine(own))).toBe(problem)
    expect(() => runnerOf(other, machine(own))).toThrow(problem)
  })
})
