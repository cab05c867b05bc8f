import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { shortageOf } from "../../../src/layers/system/systemError.ts"

describe("what the system has too little of", () => {
  it.each([
    ["EAGAIN", "no more processes can be started here (ulimit -u, or the limit of a container)"],
    ["EMFILE", "too many open files (ulimit -n)"],
    ["ENFILE", "too many open files on this machine"],
    ["ENOMEM", "too little memory is left"]
  ])("is said where a program cannot be started: %s", (code, words) => {
    assert.strictEqual(shortageOf(Object.assign(new Error("spawn x"), { code })), words)
  })

  it("is not said of a program that is not there", () => {
    assert.isUndefined(shortageOf(spawnSync("/no/such/program").error))
    assert.isUndefined(shortageOf("words"))
  })
})
