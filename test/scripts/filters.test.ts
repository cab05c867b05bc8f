/** What `npm test -- …` builds before it. */
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { mayTestOthers } from "../../scripts/filters.mjs"

const root = path.resolve(import.meta.dirname, "../..")

const needed = (...args: ReadonlyArray<string>) => mayTestOthers(root, args)

describe("the other processor's executable", () => {
  it.each([
    ["no filter", []],
    ["a test that needs it", ["test/e2e/otherProcessor.test.ts"]],
    ["a part of its path", ["stockServer"]],
    ["a line of it", ["./test/e2e/otherProcessor.test.ts:30"]],
    ["its whole path", [path.join(root, "test/e2e/deployOther.test.ts")]],
    ["a directory with it", ["test/e2e"]],
    ["one of several", ["test/layers/vt", "otherProcessor"]],
    ["the name of a test alone", ["-t", "detach"]],
    ["a project alone", ["--project", "e2e"]],
    ["what is no test's path", ["nonsense"]]
  ])("is built for %s", (_, args) => {
    expect(needed(...args)).toBe(true)
  })

  it.each([
    ["another test", ["test/e2e/detach.test.ts"]],
    ["another directory", ["test/layers/vt"]],
    ["a directory as it lies here", ["./test/layers/vt/"]],
    ["another test with flags", ["--project=e2e", "-t", "otherProcessor", "test/e2e/detach.test.ts"]]
  ])("is not built for %s", (_, args) => {
    expect(needed(...args)).toBe(false)
  })
})
