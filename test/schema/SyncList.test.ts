import { assert, describe, it } from "@effect/vitest"
import { MAX_PATHS, parseSyncList } from "../../src/schema/SyncList.ts"

const paths = (text: string) => parseSyncList(text).paths.map(({ path }) => path)

describe("the list of what is synced", () => {
  it("has a path a line; blanks around it, comments, empty lines and returns do not count", () => {
    const list = parseSyncList("\ufeff# mine\r\n\r\n.config/nvim\r\n \tbin/my tool \t\r\n  # no\nlast")
    assert.deepStrictEqual(list, {
      paths: [{ path: ".config/nvim", line: 3 }, { path: "bin/my tool", line: 4 }, { path: "last", line: 6 }],
      refused: []
    })
  })

  it("takes names as they are, and each path once", () => {
    const names = [
      "-rf",
      "it's",
      "\"quoted\"",
      "äöü 漢字 🙂",
      "a:b",
      "$HOME",
      "*",
      "~user/x",
      "x~",
      "a#b",
      "back\\slash",
      "..."
    ]
    assert.deepStrictEqual(paths(names.join("\n")), names)
    assert.deepStrictEqual(paths("a/b\n./a//b/\na/./b"), ["a/b"])
  })

  it("takes names that look like something else behind ./ and before /", () => {
    assert.deepStrictEqual(paths("./#hash\n./~\n./ blank /"), ["#hash", "~", " blank "])
  })

  it("refuses what is not in the home, or all of it, with the number of its line", () => {
    const bad = [
      "/etc",
      "//x",
      "..",
      "a/..",
      "../a",
      "a/../../b",
      ".",
      "./",
      "././.",
      "~",
      "~/",
      "~/.",
      "~/x",
      "a\u0000b",
      "a\tb",
      "a\u009bb"
    ]
    const { paths, refused } = parseSyncList(["# first", ...bad].join("\n"))
    assert.deepStrictEqual(paths, [])
    assert.deepStrictEqual(refused.map(({ line, text }) => [line, text]), bad.map((text, index) => [index + 2, text]))
  })

  it("is not read beyond what it may be", () => {
    const { paths, refused } = parseSyncList(
      `${"x".repeat(5000)}\n${Array.from({ length: 1002 }, (_, i) => i).join("\n")}`
    )
    assert.deepStrictEqual([paths.length, refused.map(({ line }) => line)], [MAX_PATHS, [1, 1002, 1003]])
  })
})
