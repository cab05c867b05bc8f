import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import {
  commandArguments,
  cwdArguments,
  groupArguments,
  readCommandLine,
  readCwd,
  readForegroundPid,
  readStarts,
  startArguments,
  terminalName
} from "../../../src/layers/pty/psOutput.ts"

/**
 * The forms are those of Apple's ps (github.com/apple-oss-distributions/adv_cmds, ps/print.c and ps/keyword.c): columns
 * padded to their widest value, times as strftime(3) has them for `%c`; and of lsof 4.91 (OUTPUT FOR OTHER PROGRAMS in
 * lsof(8)), which macOS has.
 */
describe("what ps of macOS is asked", () => {
  it("gives each column its own option: after a = all may be its header", () => {
    assert.deepStrictEqual(groupArguments(terminalName("/dev/ttys003")), [
      ...["-t", "ttys003", "-o", "pid=", "-o", "pgid=", "-o", "tpgid=", "-o", "stat="]
    ])
    assert.deepStrictEqual(commandArguments(7), ["-ww", "-p", "7", "-o", "command="])
    assert.deepStrictEqual(cwdArguments(7).slice(-5), ["-d", "cwd", "-p", "7", "-F0fn"])
  })

  it("selects by the terminal, by pids, or by both", () => {
    const columns = ["-o", "pid=", "-o", "tty=", "-o", "stat=", "-o", "lstart="]
    assert.deepStrictEqual(startArguments("ttys003", []), ["-t", "ttys003", ...columns])
    assert.deepStrictEqual(startArguments(undefined, [1, 2]), ["-p", "1,2", ...columns])
    assert.deepStrictEqual(startArguments("ttys003", [1]), ["-t", "ttys003", "-p", "1", ...columns])
  })
})

describe("when processes started", () => {
  it("is read to the second, with the terminal and whether they have ended", () => {
    const text = [
      "  501 ttys003  Ss   Sat Nov 28 15:34:35 2026    ",
      "99812 ttys003  S+   Sun Nov  1 05:04:03 2026    ",
      "99813 ttys003  Z+   Sun Nov  1 05:04:03 2026    ",
      "99814 ??       U    Sun Nov  1 05:04:04 2026    ",
      ""
    ].join("\n")
    assert.deepStrictEqual(readStarts(text), [
      { pid: 501, terminal: "ttys003", isZombie: false, start: "Sat Nov 28 15:34:35 2026" },
      { pid: 99812, terminal: "ttys003", isZombie: false, start: "Sun Nov  1 05:04:03 2026" },
      { pid: 99813, terminal: "ttys003", isZombie: true, start: "Sun Nov  1 05:04:03 2026" },
      { pid: 99814, terminal: "??", isZombie: false, start: "Sun Nov  1 05:04:04 2026" }
    ])
  })
})

describe("the process in the foreground", () => {
  it("leads the terminal's foreground group", () => {
    assert.strictEqual(readForegroundPid("  501   501   600 Ss\n  600   600   600 S+\n  601   600   600 S+\n"), 600)
    assert.strictEqual(readForegroundPid("  601   600   600 S+\n  600   600   600 S+\n"), 600)
  })

  it("is another of the group when its leader has ended, reaped or not", () => {
    assert.strictEqual(readForegroundPid("  501   501   600 Ss\n  601   600   600 S+\n"), 601)
    assert.strictEqual(readForegroundPid("  600   600   600 Z+\n  601   600   600 R+\n"), 601)
  })

  it("is nobody without a foreground group", () => {
    assert.isUndefined(readForegroundPid("  501   501     0 Ss\n"))
    assert.isUndefined(readForegroundPid("  501   501    -1 Ss\n"))
    assert.isUndefined(readForegroundPid(""))
  })
})

describe("a command line", () => {
  it("is the first line, whatever is in it", () => {
    assert.strictEqual(readCommandLine("/bin/zsh -l\n"), "/bin/zsh -l")
    assert.strictEqual(readCommandLine("-zsh\n"), "-zsh")
    assert.strictEqual(readCommandLine("vim -c set\\040x  déjà.txt\n"), "vim -c set\\040x  déjà.txt")
  })

  it("is undefined when there is no such process any more", () => {
    assert.isUndefined(readCommandLine(""))
    assert.isUndefined(readCommandLine("\n"))
  })
})

describe("a working directory", () => {
  const said = (name: string) => readCwd(`p501\0\nfcwd\0n${Buffer.from(name).toString("latin1")}\0\n`)

  it("is the name after its descriptor", () => {
    assert.strictEqual(said("/Users/me/project"), "/Users/me/project")
    assert.strictEqual(said("/Users/me/a b"), "/Users/me/a b")
    // As lsof 4.91 puts the line feed, one a field set.
    assert.strictEqual(readCwd("p501\0\nfcwd\0\nn/Users/me\0\n"), "/Users/me")
  })

  it("has its bytes back, in a locale of UTF-8 and in another", () => {
    assert.strictEqual(said("/Users/me/café"), "/Users/me/café")
    assert.strictEqual(said("/Users/me/caf\\xc3\\xa9"), "/Users/me/café")
    assert.strictEqual(said("/tmp/b\\tc\\nd"), "/tmp/b\tc\nd")
    assert.strictEqual(said("/tmp/a\\x41\\\\b"), "/tmp/a\\x41\\b")
  })

  it("is unknown when lsof says nothing of it, or a remark, and once it was removed", () => {
    assert.isUndefined(readCwd(""))
    assert.isUndefined(readCwd("p501\0\n"))
    assert.isUndefined(readCwd("p501\0\nfcwd\0\n"))
    assert.isUndefined(readCwd("p501\0\nfcwd\0n/proc/501/cwd (readlink: Permission denied)\0\n"))
    assert.isUndefined(said("/tmp/gone (deleted)"))
    assert.isUndefined(said("unknown"))
  })
})

/** Texts of what such answers consist of, and of much else. */
const anyText = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Union([
    Schema.Literals([
      " ",
      "\n",
      "\0",
      "501",
      "-1",
      "ttys003",
      "??",
      "Ss",
      "Z+",
      "fcwd",
      "n/",
      "p501",
      "\\x",
      "\\",
      "("
    ]),
    Schema.String
  ]))),
  (parts) => parts.join("")
)

/** As lsof 4.91 writes a name in C's locale (safestrprt of its print.c), where no byte is a backslash or below 0x20. */
const escaped = (name: string) =>
  [...Buffer.from(name)].map((byte) => byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`).join("")

describe("whatever is said", () => {
  it.prop("is read, and no process is invented", [anyText], ([text]) => {
    readCommandLine(text)
    const cwd = readCwd(text)
    assert.isTrue(cwd === undefined || cwd.startsWith("/"))
    for (const { pid } of readStarts(text)) assert.include(text, String(pid))
    const foreground = readForegroundPid(text)
    assert.isTrue(foreground === undefined || text.includes(String(foreground)))
  }, { arbitrary: { runs: 1000 } })

  it.prop("a directory's name survives its escapes", [Schema.String], ([text]) => {
    const name = `/${text.toWellFormed().replaceAll(/[\\(\x00-\x1f]/g, "")}`
    assert.strictEqual(readCwd(`p501\0\nfcwd\0n${escaped(name)}\0\n`), name)
  }, { arbitrary: { runs: 1000 } })
})
