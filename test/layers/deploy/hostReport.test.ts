import { assert, describe, it } from "@effect/vitest"
import { gist, readFacts, readOutcome, stderrText } from "../../../src/layers/deploy/hostReport.ts"

describe("what a host says", () => {
  it("is read line by line, once, and shown without control characters", () => {
    assert.deepStrictEqual(
      readFacts(Buffer.from("os Linux\nmachine x86_64\nos Darwin\nnpm yes\nstatus 0\nsays sesh 1.2.3\nat /x/sesh\n")),
      {
        system: "Linux x86_64",
        platform: "linux-x64",
        hasNpm: true,
        encodings: ["plain"],
        cLibrary: "fits",
        sesh: { version: "1.2.3" }
      }
    )
    const odd = readFacts(Buffer.from("os Li\x1b[2Jnux\nmachine " + "x".repeat(1000)))!
    assert.include(odd.system, "Li\\x1b[2Jnux")
    assert.isBelow(odd.system.length, 250)
    assert.isUndefined(odd.platform)
    assert.strictEqual(odd.sesh, "none")
    assert.isUndefined(readFacts(Buffer.from("Welcome!\n")))
    assert.strictEqual(readFacts(Buffer.from("os Linux\nmachine x\nstatus 127\nsays \n"))!.sesh, "broken")
    const found = (lines: string) => readFacts(Buffer.from(`os Linux\nmachine x\n${lines}\n`))!.sesh
    assert.deepStrictEqual(found("status 0\nat /a\nsays 2.1\nat /b"), { foreign: "/a" })
    assert.deepStrictEqual(found("status 2\nat /a\nsays sesh 1.0.0"), { foreign: "/a" })
    assert.deepStrictEqual(found("status 126\nat /a\nsays "), { foreign: "/a" })
    assert.strictEqual(found("status 1\nat /a\nours yes\nsays "), "broken")
    assert.strictEqual(found("status 139\nat /a\nsays "), "broken")
  })

  it("tells the C library by the loaders that are there", () => {
    const found = (system: string, lines: string) =>
      readFacts(Buffer.from(`os ${system.replace(" ", "\nmachine ")}\n${lines}\n`))!.cLibrary
    assert.strictEqual(found("Linux x86_64", "loaders linux linux-x86-64 musl-x86_64\nlibc glibc 2.28"), "fits")
    assert.strictEqual(found("Linux x86_64", "loaders linux-x86-64\nlibc "), "fits")
    assert.strictEqual(found("Linux x86_64", "loaders linux-x86-64\nlibc glibc 3.0"), "fits")
    assert.deepStrictEqual(found("Linux x86_64", "loaders linux-x86-64\nlibc glibc 2.3.6"), { older: "2.3" })
    assert.deepStrictEqual(found("Linux arm64", "loaders linux-aarch64\nlibc glibc 2.27-9"), { older: "2.27" })
    assert.strictEqual(found("Linux aarch64", "loaders linux linux-x86-64 musl-aarch64"), "musl")
    assert.strictEqual(found("Linux aarch64", "loaders linux-armhf"), "32-bit")
    assert.strictEqual(found("Linux x86_64", "loaders "), "none")
    assert.strictEqual(found("Linux x86_64", "loaders linux linux-x86-64\nstubs linux linux-x86-64"), "nixos")
    assert.strictEqual(found("Linux x86_64", "loaders linux linux-x86-64\nstubs linux"), "fits")
    assert.strictEqual(found("Darwin arm64", "loaders \nlibc "), "fits")
  })

  it("counts as done only when the last line says so", () => {
    assert.deepStrictEqual(readOutcome(Buffer.from("ready\ndone sesh 1.2.3\n")), { version: "1.2.3" })
    assert.deepStrictEqual(readOutcome(Buffer.from("ready\ntyped /usr/bin/sesh\ndone sesh 1.2.3\n")), {
      version: "1.2.3",
      shadowedBy: "/usr/bin/sesh"
    })
    const odd = readOutcome(Buffer.from(`typed sesh\ntyped /\x1b[2J${"x".repeat(1000)}\ndone sesh 1.2.3\n`))
    assert.match(JSON.stringify(odd), /"\/\\\\x1b\[2Jx{50,100}"/)
    assert.deepStrictEqual(readOutcome(Buffer.from("ready\nfail run\n")), { failed: "run" })
    for (
      const text of ["", "ready\n", "sesh 1.2.3\n", "done sesh 1.2.3\nmore", "fail nonsense", "done sesh 1.2.3\x1b"]
    ) {
      assert.isUndefined(readOutcome(Buffer.from(text)), text)
    }
  })

  it("is cut, and told by the line that says most", () => {
    const text = stderrText(
      Buffer.from(`${"x".repeat(5000)}\n\x07npm error code E404\nnpm error 404 Not Found - GET /x\n`)
    )
    assert.isBelow(text.length, 2100)
    assert.include(text, "\\x07npm")
    assert.strictEqual(gist("npm error code E404\nnpm error 404 Not Found - GET /x\n"), "404 Not Found - GET /x")
    assert.strictEqual(gist(""), "")
  })
})
