import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { formatEntry, HEADER, parseLayout } from "../../../src/commands/scripts/layoutFormat.ts"
import type { LayoutEntry } from "../../../src/schema/Layout.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"

const dev = "dev" as SessionName

const parse = (text: string | Uint8Array) => parseLayout(Buffer.from(text as string), "/home/user")

/** What the lines of a layout are, or what is wrong with each. */
const read = (text: string) => {
  const lines = parse(text)
  assert.isTrue(Result.isSuccess(lines), JSON.stringify(lines))
  return Result.getOrThrow(lines).map(({ entry }) => Result.isSuccess(entry) ? entry.success : entry.failure.message)
}

const refusal = (text: string | Uint8Array) => Result.getOrThrow(Result.flip(parse(text))).message

/** Nothing that moves a cursor, ends a line or ends a column. */
const isHarmless = (line: string) =>
  assert.match(line, /^[^\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*\n$/)

describe("a line that is written", () => {
  it.each<readonly [Partial<LayoutEntry>, string]>([
    [{}, "dev\t/srv\t-\n"],
    [{ dir: "/home/user/my project/é 日本" }, "dev\t/home/user/my project/é 日本\t-\n"],
    [{ host: "web.example" }, "dev\t/srv\t@web.example\n"],
    [{ host: "local" }, "dev\t/srv\t@local\n"],
    [{ command: ["vim", "a.txt"] }, "dev\t/srv\t-\tvim a.txt\n"],
    [{ command: ["sh", "-c", "echo \"it's\" \\ $HOME"] }, `dev\t/srv\t-\tsh -c "echo \\"it's\\" \\\\ $HOME"\n`],
    [{ command: ["a", "", "it's", "#", "-", "a b", "c\td"] }, `dev\t/srv\t-\ta "" "it's" "#" - "a b" "c\\td"\n`],
    [{ dir: "/t\tn\nr\rq\"b\\" }, `dev\t"/t\\tn\\nr\\rq\\"b\\\\"\t-\n`],
    [{ dir: "/end " }, `dev\t"/end "\t-\n`],
    [{ dir: "/caf\udce9", command: ["\udc80"] }, `dev\t"/caf\\udce9"\t-\t"\\udc80"\n`],
    [{ dir: "/\u001b[31m\u007f\u009b\u202e" }, `dev\t"/\\u001b[31m\\u007f\\u009b\\u202e"\t-\n`]
  ])("%j", (given, line) => {
    const entry = { name: dev, dir: "/srv", ...given } as LayoutEntry
    assert.strictEqual(formatEntry(entry), line)
    assert.deepStrictEqual(read(line), [entry])
  })
})

/** What means something to the format, to an editor or to a terminal, and what is merely rare. */
const NASTY = [
  "\t",
  "\n",
  "\r",
  "\r\n",
  "\"",
  "\\",
  "'",
  " ",
  "#",
  "~",
  "-",
  "@",
  "local",
  "",
  "\u001b[2J",
  "\u007f",
  "\u0085",
  "\u009b",
  "\u2028",
  "\u202e",
  "\ufeff",
  "\ufffd",
  "\udce9",
  "\u00a0",
  "é",
  "日本",
  "👩‍👩‍👧",
  "\u0301",
  "\\n",
  "\\\"",
  "a"
]

/** Any text that UTF-8 can say, without NUL. */
const text = Arbitrary.map(
  Arbitrary.schema(Schema.Array(Schema.Union([Schema.Literals(NASTY), Schema.String]))),
  (parts) => parts.join("").toWellFormed().replaceAll("\0", "")
)

const entries = Arbitrary.map(
  Arbitrary.all({
    name: Arbitrary.schema(Schema.Literals(["dev", "_", "1", "a.b-c_D", "n".repeat(64)])),
    dir: text,
    host: Arbitrary.schema(Schema.Literals(["", "local", "web.example", "me@[::1]", "日本"])),
    command: Arbitrary.array(text)
  }),
  ({ command: [file, ...args], dir, host, name }): LayoutEntry => ({
    name: name as SessionName,
    dir: `/${dir}`,
    ...(host === "" ? {} : { host }),
    ...(file === undefined ? {} : { command: [file, ...args] })
  })
)

describe("any session", () => {
  it.prop("comes back as it was, whatever it is", [entries], ([entry]) => {
    const line = formatEntry(entry)
    isHarmless(line)
    assert.deepStrictEqual(read(line), [entry])
  }, { arbitrary: { runs: 1000 } })

  it("comes back from among others, with everything that means something in it", () => {
    // Every pair of them, in the directory and as two words.
    const entries = NASTY.flatMap((a) =>
      NASTY.map((b): LayoutEntry => ({ name: dev, dir: `/${a}${b}`, command: [`${a}${b}`, b, a] }))
    )
    for (let at = 0; at < entries.length; at += 100) {
      const some = entries.slice(at, at + 100)
      const lines = some.map(formatEntry)
      for (const line of lines) isHarmless(line)
      assert.deepStrictEqual(read(HEADER + lines.join("")), some)
    }
  })
})

describe("a layout that is read", () => {
  const srv = { name: dev, dir: "/srv" }

  it.each<readonly [string, ReadonlyArray<LayoutEntry>]>([
    ["", []],
    [HEADER, []],
    ["# only\n\n  # comments\n \t \n#", []],
    ["dev\t/srv", [srv]],
    ["dev\t/srv\n", [srv]],
    ["\ufeffdev\t/srv\r\n\r\n", [srv]],
    ["dev\t/srv\t", [srv]],
    ["dev\t/srv\t\t", [srv]],
    ["dev\t/srv\t-", [srv]],
    ["dev\t/srv\tlocal", [srv]],
    ["dev\t/srv\tweb", [{ ...srv, host: "web" }]],
    ["dev\t/srv\t@web", [{ ...srv, host: "web" }]],
    ["dev\t/srv\tuser@web", [{ ...srv, host: "user@web" }]],
    ["\"dev\"\t\"/srv\"\t\"\"\t\"ls\"", [{ ...srv, command: ["ls"] }]],
    ["dev\t/srv\t\t  ls   -la  ", [{ ...srv, command: ["ls", "-la"] }]],
    ["dev\t~", [{ ...srv, dir: "/home/user" }]],
    ["dev\t~/a b", [{ ...srv, dir: "/home/user/a b" }]],
    ["dev\t/a\"b\\c", [{ ...srv, dir: "/a\"b\\c" }]],
    ["# sesh layout 1\ndev\t/srv\n# sesh layout 1\ndev\t/srv\n", [srv, srv]]
  ])("%j", (text, entries) => assert.deepStrictEqual(read(text), [...entries]))

  it.each([
    ["dev", "no tab"],
    ["dev\t", "directory is missing"],
    ["dev\t\tweb", "directory is missing"],
    ["\t/srv", "cannot be a session name: it is empty"],
    ["two words\t/srv", "\"two words\" cannot be a session name"],
    [" dev\t/srv", "\" dev\" cannot be a session name"],
    ["-x\t/srv", "must not start"],
    [`${"n".repeat(65)}\t/srv`, "has 65 characters"],
    ["dev\tsrv", "absolute"],
    ["dev\t\"~\"", "absolute"],
    ["dev\t~other/x", "absolute"],
    ["dev\t\"/srv", "not well quoted: \"/srv"],
    ["dev\t\"/srv\"x", "not well quoted"],
    ["dev\t\"/\\u0000\"", "the directory has characters"],
    ["dev\t\"/\\ud800\"", "the directory has characters"],
    ["dev\t/srv\t-x", "host"],
    ["dev\t/srv\ttwo words", "host"],
    ["dev\t/srv\t\tsh -c 'a b'", "double quotes: 'a"],
    ["dev\t/srv\t\ta\\ b", "double quotes: a\\"],
    ["dev\t/srv\t\t\"a\"b", "not well quoted"],
    ["dev\t/srv\t\t\"a", "not well quoted"],
    ["dev\t/srv\t\t\"\\u0000\"", "the command has characters"],
    ["dev\t/srv\t\tls\tx", "more than four columns"]
  ])("%j: one line is wrong, not the whole", (line, why) => {
    const [first, second] = read(`${line}\nok\t/srv\n`)
    assert.include(first as string, why)
    assert.deepStrictEqual(second, { name: "ok" as SessionName, dir: "/srv" })
  })

  it("lines are counted from one, comments too", () => {
    const lines = Result.getOrThrow(parse("# a\n\ndev\t/srv\n#\ndev\t/srv"))
    assert.deepStrictEqual(lines.map(({ line }) => line), [3, 5])
  })

  it.each<readonly [string, string | Uint8Array, string]>([
    ["a newer one", "# sesh layout 2\ndev\t/srv\n", "a layout of version 2, and this sesh reads 1: upgrade sesh"],
    ["a newer one behind an older", "# sesh layout 1\n# sesh layout 30 b\n", "version 30"],
    ["bytes", Buffer.from("dev\t/srv\0\n"), "it is not text"],
    ["another encoding", Buffer.from("dev\t/sr\xe9\n", "latin1"), "it is not text in UTF-8"],
    ["half a character", Buffer.from("dev\t/é").subarray(0, -1), "it is not text in UTF-8"],
    ["another text", "int main(void) {\n\treturn 0;\n}\n", "it is not a layout: no line"],
    ["a line of 64 KiB and one", `\ndev\t/${"x".repeat(65_532)}`, "line 2 is longer than 64 KiB"],
    ["more than a MiB", `dev\t/srv\n${"#\n".repeat(524_288)}`, "larger than 1 MiB"],
    ["1,001 sessions", "dev\t/srv\n".repeat(1001), "it has 1001 sessions, 1000 is the most"]
  ])("%s is refused as a whole", (_, text, why) => assert.include(refusal(text), why))

  it("what is just within the limits is read", () => {
    assert.lengthOf(read("dev\t/srv\n".repeat(1000)), 1000)
    assert.lengthOf(read(`dev\t/${"x".repeat(65_531)}\n`), 1)
    const long = { name: dev, dir: "/srv", command: ["sh", `"${" ".repeat(65_000)}\\`] } as const
    assert.deepStrictEqual(read(formatEntry(long)), [long])
    assert.lengthOf(read(`dev\t/srv\n${"#\n".repeat(524_283)}`), 1)
  })
})
