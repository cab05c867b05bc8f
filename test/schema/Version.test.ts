import { assert, describe, it } from "@effect/vitest"
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
