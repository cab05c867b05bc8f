import { assert, describe, it } from "@effect/vitest"
import { BoundedBytes } from "../../src/schema/Bytes.ts"

const all = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))

const kept = (limits: { readonly first?: number; readonly last?: number }, bytes: Buffer, chunk: number) => {
  const bounded = new BoundedBytes(limits)
  for (let at = 0; at < bytes.length; at += chunk) bounded.add(bytes.subarray(at, at + chunk))
  return bounded
}

describe("what a program says", () => {
  it("is kept from its beginning and from its end, however it is cut into pieces", () => {
    for (const chunk of [1, 3, 7, 64, 999, 1000]) {
      for (const length of [0, 1, 9, 10, 11, 30, 31, 500, 1000]) {
        for (const [first, last] of [[0, 0], [10, 0], [0, 10], [10, 20], [1000, 0], [0, 1000]] as const) {
          const bytes = all.subarray(0, length)
          const bounded = kept({ first, last }, bytes, chunk)
          const isWhole = length <= first + last
          const expected = isWhole
            ? bytes
            : Buffer.concat([bytes.subarray(0, first), bytes.subarray(length - last)])
          assert.deepStrictEqual(bounded.bytes, expected, `${length} bytes by ${chunk}, first ${first}, last ${last}`)
          assert.strictEqual(bounded.isWhole, isWhole)
        }
      }
    }
  })

  it("may be asked for in between", () => {
    const bounded = new BoundedBytes({ first: 2, last: 3 })
    bounded.add(Buffer.from("abc"))
    assert.strictEqual(bounded.bytes.toString(), "abc")
    bounded.add(Buffer.from("defgh"))
    assert.strictEqual(bounded.bytes.toString(), "abfgh")
    bounded.add(Buffer.from("ij"))
    assert.strictEqual(bounded.bytes.toString(), "abhij")
  })
})
