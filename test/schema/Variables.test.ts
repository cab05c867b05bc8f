import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import {
  problemWithAnyVariable,
  problemWithVariables,
  readCurrentSession,
  readNoSync,
  readNpmPackage,
  readNpmRegistry,
  readPreserved,
  readScrollback,
  readTransport
} from "../../src/schema/Variables.ts"

describe("a variable of ours", () => {
  it("that is empty counts as not set", () => {
    for (const text of [undefined, ""]) {
      assert.isUndefined(readScrollback(text))
      assert.isFalse(readNoSync(text))
      assert.deepStrictEqual(readPreserved(text), [])
      for (const read of [readCurrentSession, readTransport, readNpmPackage, readNpmRegistry]) {
        assert.deepStrictEqual(read(text), Result.succeed(undefined))
      }
    }
    assert.isUndefined(problemWithVariables({ SESH_SCROLLBACK: "", SESH_PRESERVE_ENV: "" }))
  })

  it("is read", () => {
    assert.deepStrictEqual(["0", "100", "100000"].map(readScrollback), [0, 100, 100_000])
    assert.deepStrictEqual(["0", "1"].map(readNoSync), [false, true])
    assert.deepStrictEqual(readPreserved(" A,B_1  _c "), ["A", "B_1", "_c"])
    assert.deepStrictEqual(readTransport("ssh2"), Result.succeed("ssh2"))
    assert.deepStrictEqual(readNpmPackage("sesh"), Result.succeed({ name: "sesh", version: undefined }))
    assert.deepStrictEqual(readNpmPackage("@a/b@^1.0"), Result.succeed({ name: "@a/b", version: "^1.0" }))
    assert.deepStrictEqual(readNpmRegistry("https://npm.example/x/"), Result.succeed("https://npm.example/x/"))
  })

  it("whose value means nothing is said, and what to set it to", () => {
    for (const text of ["lots", "-1", "1.5", "1e3", "100001", "99999999999", " 5"]) {
      assert.include(readScrollback(text), `SESH_SCROLLBACK is ${JSON.stringify(text)}; set it to a number of lines`)
      assert.isString(problemWithVariables({ SESH_SCROLLBACK: text }))
    }
    for (const text of ["yes", "true", "2", "no"]) assert.include(readNoSync(text), "set it to 1 to bring no files")
    for (const text of ["A;B", "1A", "A=b", "*"]) {
      assert.include(readPreserved(text), "names of variables")
      assert.isString(problemWithVariables({ SESH_PRESERVE_ENV: text }))
    }
    for (const text of ["../x", "a b", "-x", "x".repeat(65)]) {
      const { message } = Result.getOrThrow(Result.flip(readCurrentSession(text)))
      assert.include(message, `SESH_SESSION is ${JSON.stringify(text.slice(0, 40))}, no session's name: unset it`)
    }
    assert.notInclude(readScrollback("\u001b[2J\u202e"), "\u202e")
  })

  it("is found wrong whichever it is, and no password is shown", () => {
    const wrong = [
      ["SESH_DETACH_KEY", "q"],
      ["SESH_NO_SYNC", "maybe"],
      ["SESH_NPM_PACKAGE", "-rf"],
      ["SESH_NPM_REGISTRY", "https://me:secret@npm.example"],
      ["SESH_PRESERVE_ENV", "A;B"],
      ["SESH_SCROLLBACK", "lots"],
      ["SESH_SSH", "putty"]
    ] as const
    for (const [name, value] of wrong) {
      assert.match(problemWithAnyVariable({ [name]: value }) ?? "", new RegExp(`^${name} is (?!.*secret)`))
    }
    assert.include(problemWithAnyVariable({ SESH_NPM_REGISTRY: "https://me:secret@npm.example" }), "~/.npmrc")
    const right = {
      SESH_DETACH_KEY: "none",
      SESH_NO_SYNC: "1",
      SESH_NPM_PACKAGE: "@acme/sesh@^1.0",
      SESH_NPM_REGISTRY: "https://npm.example/x/",
      SESH_PRESERVE_ENV: "A,B",
      SESH_SCROLLBACK: "0",
      SESH_SSH: "ssh2"
    }
    assert.isUndefined(problemWithAnyVariable(right))
    const { SESH_DETACH_KEY: _key, ...others } = right
    assert.isUndefined(problemWithAnyVariable(Object.fromEntries(Object.keys(others).map((name) => [name, ""]))))
  })
})
