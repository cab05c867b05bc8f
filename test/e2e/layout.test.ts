import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

const HEADER = "# sesh layout 1\n# name\tdirectory\thost\tcommand\n"

/** What a layout is to bring back. */
const layoutOf = async (box: Sandbox) => (await box.sessions()).map(({ info, name }) => [name, info.dir, info.command])

const pids = async (box: Sandbox) => (await box.sessions()).map(({ info, name }) => [name, info.pid])

const killAll = async (box: Sandbox) => {
  const names = (await box.sessions()).map(({ name }) => name)
  expect(await box.sesh(["--kill", ...names])).toMatchObject({ code: 0 })
  expect(await box.sessions()).toEqual([])
}

const ODD = [
  "two words",
  " ends ",
  "tab\there",
  "new\nline",
  "cr\r",
  "quo\"te",
  "it's",
  "back\\slash",
  "日本 é 👩‍👩‍👧",
  "#",
  "~",
  "esc\u001b[31m",
  "\u009b\u202e"
]

/** Sessions in all kinds of places, two of them with a command. */
const furnish = async (box: Sandbox) => {
  for (const [index, name] of ODD.entries()) {
    mkdirSync(path.join(box.home, name))
    expect(await box.sesh([`s-${index}`, name, "-d"])).toMatchObject({ code: 0, err: "" })
  }
  const args = [
    "cat # $HOME",
    "sh",
    "",
    "two  words",
    "tab\there",
    "new\nline",
    "it's",
    "\"quoted\"",
    "\\",
    "é",
    "-d",
    "--",
    "\u001b[31m"
  ]
  expect(await box.sesh(["Command_1.x", "/", "-d", "--", "sh", "-c", ...args])).toMatchObject({ code: 0, err: "" })
  expect(await box.sesh(["sleeper", "two words", "-d", "--", "sleep", "600"])).toMatchObject({ code: 0, err: "" })
}

const shown = (text: string) => expect(text).toMatch(/^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]*$/)

describe("a layout", () => {
  it("brings everything back, whatever it is called, and changes nothing a second time", async () => {
    const box = sandbox()
    await furnish(box)
    const before = await layoutOf(box)
    const exported = await box.sesh(["--export"])
    expect(exported).toMatchObject({ code: 0, err: "" })
    expect(exported.out.startsWith(HEADER)).toBe(true)
    expect(exported.out.split("\n")).toHaveLength(before.length + 3)
    shown(exported.out)
    await killAll(box)

    // From elsewhere, by a path that is seen from there.
    writeFileSync(path.join(box.home, "my layout"), exported.out)
    const cwd = path.join(box.home, "two words")
    const imported = await box.sesh(["--import", "../my layout"], { cwd })
    expect(imported).toMatchObject({ code: 0, err: "" })
    shown(imported.out)
    expect(imported.out.split("\n").filter((line) => line.includes(": created in "))).toHaveLength(before.length)
    expect(imported.out).toContain("s-0: created in ~/two words\n")
    expect(imported.out).toContain("s-2: created in ~/tab\\x09here\n")
    expect(await layoutOf(box)).toEqual(before)
    expect((await box.sesh(["--export"])).out).toBe(exported.out)

    const running = await pids(box)
    const again = await box.sesh(["--import"], { input: exported.out })
    expect(again).toMatchObject({ code: 1, out: "" })
    expect(again.err.split("\n").slice(0, -1)).toEqual(
      before.map(([name], index) => `sesh: line ${index + 3}: ${String(name)}: is there already, left as it is`)
    )
    expect(await pids(box)).toEqual(running)
  })

  it("goes through a pipe, and makes only what is missing", async () => {
    const box = sandbox()
    for (const name of ["a", "b", "c"]) await box.sesh([name, "-d"])
    const before = await layoutOf(box)
    const shell = (script: string) =>
      box.sesh(["runner", "-d", "--", "sh", "-c", `${script}; echo "$?" > status`]).then(() => box.file("status"))
    const script = "layout=$(sesh --export); sesh --kill b; echo \"$layout\" | sesh --import - > out 2> err"
    expect(await shell(script)).toBe("1\n")
    expect(await box.file("out")).toBe("b: created in ~\n")
    expect(await box.file("err")).toMatch(/^sesh: line 3: a: .*\nsesh: line 5: c: .*\nsesh: line 6: runner: .*\n$/)
    await until("the runner's end", async () => (await box.sessions()).length === 3)
    expect(await layoutOf(box)).toEqual(before)
  })

  it("has a shell where it is now, by the name the user has for it, and a command where it began", async () => {
    const box = sandbox()
    mkdirSync(path.join(box.home, "real/sub"), { recursive: true })
    mkdirSync(path.join(box.home, "gone"))
    symlinkSync("real", path.join(box.home, "link"))
    const script = "cd \"$1\"; echo > \"$HOME/$SESH_SESSION.ready\"; cat"
    await box.sesh(["moved", "link", "-d"])
    await box.sesh(["moved"], { input: "cd sub && echo > ~/moved.ready\n" })
    await box.sesh(["removed", "-d"])
    await box.sesh(["removed"], { input: "cd gone && rmdir ../gone && echo > ~/removed.ready\n" })
    await box.sesh(["command", "link", "-d", "--", "sh", "-c", script, "sh", "sub"])
    for (const name of ["moved", "removed", "command"]) await box.file(`${name}.ready`)
    const { code, err, out } = await box.sesh(["--export"])
    expect([code, err]).toEqual([0, ""])
    const [, , command, moved, removed] = out.split("\n")
    expect(command).toMatch(new RegExp(`^command\t${box.home}/link\t-\tsh -c `))
    expect(moved).toBe(`moved\t${box.home}/link/sub\t-`)
    expect(removed).toBe(`removed\t${box.home}\t-`)
  })

  it("keeps a session that does not answer, and says so", async () => {
    const box = sandbox()
    await box.sesh(["stuck", "/", "-d"])
    const daemon = await box.daemon("stuck")
    process.kill(daemon, "SIGSTOP")
    expect(await box.sesh(["--export"])).toEqual({
      code: 0,
      signal: null,
      out: `${HEADER}stuck\t/\t-\n`,
      err: "sesh: stuck: exported as it was when it began: it does not answer now (no answer in 1 s)\n"
    })
    process.kill(daemon, "SIGCONT")
  })

  it("without sessions is its header, and makes nothing", async () => {
    const box = sandbox()
    expect(await box.sesh(["--export"])).toEqual({ code: 0, signal: null, out: HEADER, err: "" })
    const quiet = { code: 0, signal: null, out: "", err: "" }
    for (const input of [HEADER, "", "\n\n"]) expect(await box.sesh(["--import"], { input })).toEqual(quiet)
    expect(box.made()).toEqual([])
  })

  it("as an older sesh or a person wrote it is read", async () => {
    const box = sandbox()
    mkdirSync(path.join(box.home, "a b"))
    const input = `\ufeff# mine\r\n\r\none\t${box.home}\r\ntwo\t~/a b\tlocal\r\nthree\t/\t-\tsleep   600\r\n`
    expect(await box.sesh(["--import", "-"], { input })).toEqual({
      code: 0,
      signal: null,
      out: "one: created in ~\ntwo: created in ~/a b\nthree: created in /\n",
      err: ""
    })
    expect(await layoutOf(box)).toEqual([
      ["one", box.home, undefined],
      ["three", "/", ["sleep", "600"]],
      ["two", `${box.home}/a b`, undefined]
    ])
  })
})

describe("what an import cannot make", () => {
  it("is skipped line by line, with the reason, and nobody's terminal is written to", async () => {
    const box = sandbox()
    writeFileSync(path.join(box.home, "file"), "")
    const lines = [
      "fine\t/",
      "\u001b]0;title\u0007\t/",
      "relative\tsome/where",
      "missing\t/no/such\u001b[2J\u009b\u202e/place",
      `file\t${box.home}/file`,
      "nul\t\"/\\u0000\"",
      "command\t/\t-\tno-such-command\u001b[31m",
      "quotes\t/\t-\t\"half",
      "fine\t/usr",
      "far\t/\t@web.example",
      "\u001b[2J",
      "five\t/\t-\tls\tx"
    ]
    const { code, err, out } = await box.sesh(["--import"], { input: lines.join("\n") })
    expect([code, out]).toEqual([1, "fine: created in /\n"])
    shown(err)
    const reasons = [
      /^sesh: line 2: skipped: .*cannot be a session name/,
      /^sesh: line 3: skipped: the directory must be an absolute path$/,
      /^sesh: line 4: missing: skipped: .*the directory .*\\u001b\[2J.* does not exist$/,
      /^sesh: line 5: file: skipped: .*is not a directory$/,
      /^sesh: line 6: skipped: the directory has characters that no program takes$/,
      /^sesh: line 7: command: skipped: .*no such command on the PATH$/,
      /^sesh: line 8: skipped: this is not well quoted: "half$/,
      /^sesh: line 9: fine: skipped: line 1 has it already$/,
      /^sesh: line 10: far: skipped: it is on web\.example, and --import makes sessions here only$/,
      /^sesh: line 11: skipped: there is no tab/,
      /^sesh: line 12: skipped: it has more than four columns$/
    ]
    const said = err.split("\n").slice(0, -1)
    expect(said).toHaveLength(reasons.length)
    for (const [index, reason] of reasons.entries()) expect(said[index]).toMatch(reason)
    expect(await layoutOf(box)).toEqual([["fine", "/", undefined]])
  })

  it.for<readonly [string, string, RegExp]>([
    ["a file that is not there", "missing", /cannot read missing: there is no such file/],
    ["a directory", ".", /cannot read \.: it is a directory/],
    ["what never ends", "/dev/zero", /cannot import \/dev\/zero: it is larger than 1 MiB/],
    ["a program", process.execPath, /it is larger than 1 MiB/],
    ["a newer layout", "newer", /it is a layout of version 2, and this sesh reads 1: upgrade sesh/],
    ["another file", ".bashrc", /it is not a layout/]
  ])("is refused as a whole when it is %s: one line, exit 1, nothing made", async ([, file, why]) => {
    const box = sandbox()
    writeFileSync(path.join(box.home, "newer"), "# sesh layout 2\nbefore\t/\n")
    const { code, err, out } = await box.sesh(["--import", file])
    expect([code, out]).toEqual([1, ""])
    expect(err).toMatch(why)
    expect(err).toMatch(/^sesh: [^\n]+\n$/)
    expect(box.made()).toEqual(["newer"])
  })

  it("is refused when standard input is a directory", async () => {
    const box = sandbox()
    const fd = openSync(box.home, "r")
    const { result } = box.start(["--import"], { stdio: [fd, "pipe", "pipe"] })
    expect(await result).toMatchObject({ code: 1, err: "sesh: cannot read standard input: it is a directory\n" })
    closeSync(fd)
  })
})

describe("an export that nobody takes", () => {
  it("is no crash when the reader is gone, and an error when the disk is full", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d"])
    const shell = (script: string) => {
      const { result } = box.start(["run", "--", "sh", "-c", script])
      return result
    }
    expect(await shell("sesh --export | true; sesh --export > /dev/full")).toMatchObject({
      code: 1,
      out: "sesh: cannot write to standard output: no space left on device\r\n"
    })
  })
})

describeWith(["tmux"], "an import at a terminal", () => {
  it("says what it waits for, and takes what is typed", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh --import")
    await t.shows(/^sesh: waits for a layout on standard input; Ctrl-D ends it$/m)
    t.paste("dev\t/usr\n")
    t.type("C-d")
    await t.shows(/^dev: created in \/usr\n%$/m)
    expect(await layoutOf(box)).toEqual([["dev", "/usr", undefined]])
  })

  it("is left by Ctrl-C", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh --import")
    await t.shows(/Ctrl-D ends it$/m)
    t.type("C-c")
    await t.prompt()
    expect(await t.status()).toBe(130)
  })
})

describe("a name that is close", () => {
  it("is suggested", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d"])
    expect(await box.sesh(["--kill", "dve"])).toMatchObject({
      code: 1,
      err: "sesh: no session named dve; did you mean dev?\n"
    })
  })
})
