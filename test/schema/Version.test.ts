import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { isAsNewAs, VERSION } from "../../src/schema/Version.ts"

/** From the oldest to the newest: the order of semver.org, rule 11, and of what sesh has been released as. */
const RELEASES = [
  "0.1.0-alpha",
  "0.1.0-alpha.1",
  "0.1.0-alpha.beta",
  "0.1.0-beta.2",
  "0.1.0-beta.11",
  "0.1.0-rc.1",
  "0.1.0-rc.2",
  "0.1.0",
  "0.1.1-rc.1",
  "0.1.1",
  "0.9.9",
  "1.0.0",
  "1.9.9",
  "1.10.0",
  "2.0.0"
]

const numbers = Arbitrary.schema(Schema.Literals(["0", "1", "2", "9", "10", "11"]))
const release = Arbitrary.map(Arbitrary.all([numbers, numbers, numbers]), (parts) => parts.join("."))
const prerelease = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Literals(["alpha", "beta", "rc", "rc1", "x-y", "0", "1", "2", "10"])), {
    minLength: 1,
    maxLength: 4
  }),
  (parts) => parts.join(".")
)
const anyVersion = Arbitrary.map(
  Arbitrary.all([release, prerelease, Arbitrary.schema(Schema.Boolean)]),
  ([release, prerelease, isRelease]) => isRelease ? release : `${release}-${prerelease}`
)

describe("any versions", () => {
  const runs = { arbitrary: { runs: 1000 } }

  it.prop("are in one order: of two that differ one is as new as the other, and not the other way round", [
    anyVersion,
    anyVersion
  ], ([one, two]) => {
    assert.strictEqual(isAsNewAs(one, two) && isAsNewAs(two, one), one === two)
    assert.isTrue(isAsNewAs(one, two) || isAsNewAs(two, one))
  }, runs)

  it.prop("are in an order that goes on: as new as what is as new as a third is as new as that", [
    anyVersion,
    anyVersion,
    anyVersion
  ], ([one, two, three]) => {
    if (isAsNewAs(one, two) && isAsNewAs(two, three)) assert.isTrue(isAsNewAs(one, three))
  }, runs)

  it.prop("come before the release that they lead to", [release, prerelease], ([release, prerelease]) => {
    assert.isTrue(isAsNewAs(release, `${release}-${prerelease}`))
    assert.isFalse(isAsNewAs(`${release}-${prerelease}`, release))
  }, runs)
})

describe("versions", () => {
  it.each(RELEASES.map((version, at) => [version, at] as const))(
    "%s is as new as all before it and no other",
    (version, at) =>
      assert.deepStrictEqual(RELEASES.filter((other) => isAsNewAs(version, other)), RELEASES.slice(0, at + 1))
  )

  it("ours can be compared", () => {
    assert.isTrue(isAsNewAs(VERSION, VERSION))
    assert.isTrue(isAsNewAs("999.0.0", VERSION))
  })

  it.each(["", "1", "1.0", "1.0.0.0", "v1.0.0", "1.0.0-", "1.0.0-rc..1", "01.0.0", "99999999999999999999.0.0", "new"])(
    "%j of another host is no version, and so not as new as any",
    (version) => assert.isFalse(isAsNewAs(version, "0.0.1-0"))
  )
})
