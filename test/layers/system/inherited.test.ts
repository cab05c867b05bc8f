import { assert, describe, it } from "@effect/vitest"
import * as Net from "node:net"
import {
  inheritedArguments,
  inheritedEnvironment,
  inheritedSignals,
  takeSignals,
  withoutChannel
} from "../../../src/layers/system/inherited.ts"
import { toBytes } from "../../../src/schema/ByteString.ts"

const latin1 = (text: string) => () => Buffer.from(text, "latin1")

describe("what a process inherits", () => {
  it("is the environment byte by byte, of two values of a name the first", () => {
    const env = inheritedEnvironment(latin1("A=1\0PLACE=caf\xe9\0A=2\0EMPTY=\0NAMELESS\0F%%=() {\n}\0=x=y\0"))
    assert.deepStrictEqual(Object.keys(env), ["A", "PLACE", "EMPTY", "F%%", "=x"])
    assert.deepStrictEqual([env["A"], env["EMPTY"], env["F%%"]], ["1", "", "() {\n}"])
    assert.strictEqual(toBytes(env["PLACE"]!).toString("latin1"), "caf\xe9")
  })

  it("is the environment with variables that are named as what every object has", () => {
    const given = "constructor=1\0__proto__=2\0toString=3\0constructor=4\0"
    assert.deepStrictEqual(Object.entries(inheritedEnvironment(latin1(given))), [
      ["constructor", "1"],
      ["__proto__", "2"],
      ["toString", "3"]
    ])
  })

  it("but a Node program's channel, where there is one, is not for others", () => {
    const others = { A: "1", NODE_OPTIONS: "--x" }
    const channel = (fd: string) => ({
      NODE_CHANNEL_FD: fd,
      NODE_CHANNEL_SERIALIZATION_MODE: "json",
      NODE_UNIQUE_ID: "1"
    })
    // An abstract name: no file.
    const server = Net.createServer().listen({ path: `\0sesh-${process.pid}` })
    const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle
    assert.deepStrictEqual(withoutChannel({ ...others, ...channel(String(fd)) }), others)
    server.close()
    for (const fd of ["", "nonsense", "99999", "4294967299"]) {
      assert.deepStrictEqual(withoutChannel({ ...others, ...channel(fd) }), { ...others, ...channel(fd) })
    }
  })

  it("is what Node knows of the environment where there is no /proc", () => {
    const env = inheritedEnvironment(() => {
      throw new Error("ENOENT")
    })
    assert.strictEqual(env["PATH"], process.env["PATH"])
  })

  it("is the arguments byte by byte, where Node has replaced any", () => {
    const cmdline = latin1("/bin/sesh\0--exec\0caf\xe9\0\0")
    const found = inheritedArguments(["--exec", "caf\ufffd", ""], cmdline)
    assert.deepStrictEqual(found.map((one) => toBytes(one).toString("latin1")), ["--exec", "caf\xe9", ""])
    const plain = ["--exec", "caf\u00e9"]
    assert.strictEqual(inheritedArguments(plain, latin1("never read")), plain)
  })

  it("is two sets of signals before the arguments, and only what looks like these", () => {
    const user = ["dev", "-d"]
    assert.deepStrictEqual(takeSignals(user), user)
    assert.isUndefined(inheritedSignals())
    assert.deepStrictEqual(takeSignals(["iaaaaaaaaaaaecaa", "aaaaaaaaabaabaad", ...user]), user)
    assert.deepStrictEqual(inheritedSignals(), { blocked: "8000000000004200", ignored: "0000000001001003" })
  })
})
