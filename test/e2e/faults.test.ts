import { spawnSync } from "node:child_process"
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { userInfo } from "node:os"
import * as path from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { describeAsRoot, describeWith } from "../support/needs.ts"
import { type Result, type Sandbox, sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

/** A user who owns nothing: "nobody" on Debian and most others. */
const NOBODY = 65_534

/** Wrong usage: a line that says what is wrong, a line that shows the right form, exit 2. */
const isWrongUsage = ({ code, err, out }: Result, problem: RegExp) => {
  expect([code, out]).toEqual([2, ""])
  const [said, form, ...rest] = err.split("\n")
  expect(said).toMatch(problem)
  expect(said).toMatch(/^sesh: [\x20-\x7e]+$/)
  expect(form).toMatch(/^usage: sesh( |$)/)
  expect(rest).toEqual([""])
}

/** It did not work: one line, exit 1. */
const failed = ({ code, err, out }: Result, problem: RegExp) => {
  expect(err).toMatch(problem)
  expect(err).toMatch(/^sesh: [\x20-\x7e]+\n$/)
  expect([code, out]).toEqual([1, ""])
}

/** Nothing of a session: no file, no process. */
const nothingIsThere = async (box: Sandbox) => {
  expect(existsSync(box.dir) ? readdirSync(box.dir).filter((file) => !file.startsWith(".lock")) : []).toEqual([])
  await until("no process", () => box.processes().size === 0, () => [...box.processes()].join("\n"))
}

describe("a name that cannot be one", () => {
  it.for<readonly [string, RegExp]>([
    ["a/b", /"a\/b" cannot be a session name: use letters, digits/],
    ["/", /letters, digits/],
    ["..", /must not start with "-" or "\."/],
    [".hidden", /must not start/],
    ["two words", /letters, digits/],
    ["", /it is empty/],
    ["tab\there", /"tab\\there" cannot be/],
    ["escape\x1b[31m", /"escape\\u001b\[31m" cannot be/],
    ["c1\u009b31m", /cannot be a session name/],
    ["é", /letters, digits/],
    ["n".repeat(65), /it has 65 characters, 64 is the most/]
  ])("is refused: %j", async ([name, problem]) => {
    const box = sandbox()
    for (const args of [[name], [name, "-d"], ["--kill", name], ["--watch", name], ["--detach", name]]) {
      const result = await box.sesh(args)
      const { err } = result
      isWrongUsage({ ...result, err: err.replace(/[é]/g, "e") }, problem)
    }
    expect(box.made()).toEqual([])
  })

  it("is refused with a leading dash, which is an option", async () => {
    const box = sandbox()
    for (const name of ["-x", "--daemons", "-kill"]) isWrongUsage(await box.sesh([name]), /there is no option -/)
    isWrongUsage(await box.sesh(["-"]), /must not start with "-"/)
    expect(box.made()).toEqual([])
  })

  it("does not stop at 64 characters", async () => {
    const box = sandbox({ SESH_DIR: undefined })
    const name = "n".repeat(64)
    expect(await box.sesh([name, "-d"])).toMatchObject({ code: 0, err: "" })
    expect((await box.sesh(["--names"])).out).toBe(`${name}\n`)
  })
})

describe("wrong usage", () => {
  it.for<readonly [ReadonlyArray<string>, RegExp]>([
    [["--bogus"], /there is no option --bogus/],
    [["--kill"], /the session's name is missing/],
    [["--watch"], /the session's name is missing/],
    [["-d"], /the session's name is missing/],
    [["--", "ls"], /the session's name is missing/],
    [["dev", "--"], /there is no command after --/],
    [["dev", "/", "extra"], /"extra" is one word too many/],
    [["--kill", "--watch", "dev"], /--watch and --kill do not go together/],
    [["--json", "dev"], /--json goes with the listing only/],
    [["--kill", "dev", "--", "ls"], /a command does not go with --kill/],
    [["--kill", "-d", "dev"], /-d does not go with --kill/]
  ])("%j says what is wrong, and what is right", async ([args, problem]) => {
    const box = sandbox()
    isWrongUsage(await box.sesh(args), problem)
    expect(box.made()).toEqual([])
  })
})

describe("a session that is not there", () => {
  it("cannot be watched, detached or killed", async () => {
    const box = sandbox()
    for (const verb of ["--watch", "--detach", "--kill"]) failed(await box.sesh([verb, "dev"]), /no session named dev/)
    expect(box.made()).toEqual([])
  })
})

describe("a socket path that is too long", () => {
  it("is refused with its limit, before anything is made", async () => {
    const box = sandbox()
    const dir = path.join(box.home, "d".repeat(100))
    const env = { ...box.env, SESH_DIR: dir }
    for (const args of [["dev", "-d"], ["dev"]]) {
      failed(await box.sesh(args, { env }), /is too long for a socket: \d+ bytes, 107 is the most; take a shorter name/)
    }
    expect(box.made()).toEqual([])
  })
})

describe("a directory that cannot be started in", () => {
  it("is refused: missing, a file, not to be entered", async () => {
    const box = sandbox()
    writeFileSync(path.join(box.home, "file"), "")
    failed(await box.sesh(["dev", "missing", "-d"]), /the directory "\/.*\/missing" does not exist/)
    failed(await box.sesh(["dev", "missing"]), /the directory "\/.*\/missing" does not exist/)
    failed(await box.sesh(["dev", "file", "-d"]), /"\/.*\/file" is not a directory/)
    failed(await box.sesh(["dev", "a\x1bb", "-d"]), /the directory "\/.*\/a\\u001bb" does not exist/)
    await nothingIsThere(box)
  })

  it("is refused when it cannot be entered", async () => {
    const box = sandbox()
    const locked = path.join(box.home, "locked")
    mkdirSync(locked, { mode: 0o600 })
    // Root may enter everything.
    const isRoot = process.getuid!() === 0
    if (isRoot) { for (const entry of [box.home, locked]) chownSync(entry, NOBODY, NOBODY) }
    const result = await box.sesh(["dev", "locked", "-d"], isRoot ? { uid: NOBODY, gid: NOBODY } : {})
    failed(result, /the directory "\/.*\/locked" cannot be entered/)
    await nothingIsThere(box)
  })
})

describe("a program that cannot be started", () => {
  it.each([undefined, ""])("but the account's shell can, where SHELL is %j", async (SHELL) => {
    const box = sandbox({ SHELL })
    expect(await box.sesh(["dev"], { input: "echo $0 >name\n" })).toMatchObject({ code: 0 })
    expect(await box.file("name")).toBe(`${userInfo().shell}\n`)
  })

  it.for<readonly [string, RegExp]>([
    ["bash", /SHELL is "bash", not an absolute path/],
    ["/no/such/shell", /cannot start \/no\/such\/shell: no such file/],
    ["/etc/passwd", /cannot start \/etc\/passwd: it is not executable/],
    ["/etc", /cannot start \/etc: it is a directory/]
  ])("as SHELL: %j", async ([SHELL, problem]) => {
    const box = sandbox({ SHELL })
    for (const args of [["dev", "-d"], ["dev"]]) failed(await box.sesh(args), problem)
    await nothingIsThere(box)
    // A command needs no shell.
    expect(await box.sesh(["dev", "-d", "--", "/bin/sleep", "600"])).toMatchObject({ code: 0, err: "" })
  })

  it("as a command", async () => {
    const box = sandbox()
    failed(
      await box.sesh(["dev", "-d", "--", "no-such-command"]),
      /cannot start no-such-command: no such command on the/
    )
    failed(await box.sesh(["dev", "-d", "--", "/etc/passwd"]), /cannot start \/etc\/passwd: it is not executable/)
    failed(await box.sesh(["dev", "-d", "--", ""]), /the command is empty/)
    await nothingIsThere(box)
  })
})

/** Every way in that would use `~/.sesh`. */
const everyWay = [["dev", "-d"], ["dev"], [], ["--kill", "dev"], ["--watch", "dev"], ["--detach", "dev"]]

describe("a ~/.sesh that cannot be trusted", () => {
  const refused = async (box: Sandbox, problem: RegExp, options = {}) => {
    for (const args of everyWay) failed(await box.sesh(args, options), problem)
    expect((await box.sesh(["--names"], options)).out).toBe("")
  }

  it("because it is a file", async () => {
    const box = sandbox()
    writeFileSync(box.dir, "mine")
    await refused(box, /\.sesh is not a directory; move it away, or set SESH_DIR/)
    expect(statSync(box.dir).size).toBe(4)
  })

  it("because it leads nowhere", async () => {
    const box = sandbox()
    symlinkSync("nowhere", box.dir)
    await refused(box, /\.sesh is a link to a place that is not there/)
    expect(box.made()).toEqual([".sesh"])
  })

  it("because others can write to it", async () => {
    const box = sandbox()
    mkdirSync(box.dir)
    for (const mode of [0o777, 0o770, 0o722]) {
      chmodSync(box.dir, mode)
      await refused(box, new RegExp(`\\.sesh is writable by others \\(mode ${mode.toString(8)}\\); run: chmod 700 /`))
    }
    expect(readdirSync(box.dir)).toEqual([])
    chmodSync(box.dir, 0o755)
    expect(await box.sesh(["dev", "-d"])).toMatchObject({ code: 0, err: "" })
  })

  it("because it is not an absolute path", async () => {
    const box = sandbox({ SESH_DIR: "relative" })
    await refused(box, /relative is not an absolute path; set SESH_DIR to one that begins with/)
    expect(box.made()).toEqual([])
  })
})

/** Whoever asks for sessions need not write there: none is found. */
const onlyMakingFails = async (box: Sandbox, problem: RegExp, options = {}) => {
  for (const args of [["dev", "-d"], ["dev"]]) failed(await box.sesh(args, options), problem)
  expect(await box.sesh([], options)).toMatchObject({ code: 0, out: "", err: "" })
  for (const verb of ["--kill", "--watch", "--detach"]) {
    failed(await box.sesh([verb, "dev"], options), /^sesh: no session named dev\n$/)
  }
}

describeAsRoot("a ~/.sesh of which another user", () => {
  it("is the owner is refused", async () => {
    const box = sandbox()
    mkdirSync(box.dir, { mode: 0o700 })
    chownSync(box.dir, NOBODY, NOBODY)
    for (const args of everyWay) {
      failed(await box.sesh(args), /\.sesh belongs to someone else \(user 65534\); set SESH_DIR/)
    }
    expect(readdirSync(box.dir)).toEqual([])
  })

  it("cannot make, or not write to, what is needed, says so", async () => {
    const box = sandbox()
    const user = { uid: NOBODY, gid: NOBODY }
    chmodSync(box.home, 0o755)
    for (const args of [["dev", "-d"], ["dev"]]) {
      failed(await box.sesh(args, user), /\.sesh cannot be made: \/.* cannot be written to; make it yourself/)
    }
    expect(box.made()).toEqual([])
    mkdirSync(box.dir, { mode: 0o500 })
    chownSync(box.dir, NOBODY, NOBODY)
    await onlyMakingFails(box, /\.sesh cannot be used by its owner \(mode 500\); run: chmod 700 \//, user)
  })

  it("is on a read-only file system, says so", async ({ skip }) => {
    const box = sandbox()
    mkdirSync(box.dir, { mode: 0o700 })
    const mount = (...args: ReadonlyArray<string>) => spawnSync("mount", [...args, box.dir]).status === 0
    if (!mount("--bind", box.dir)) return skip("this root may not mount anything")
    onTestFinished(() => void spawnSync("umount", [box.dir]))
    expect(mount("-o", "remount,bind,ro")).toBe(true)
    await onlyMakingFails(box, /\.sesh is on a read-only file system; set SESH_DIR/)
  })
})

describeWith(["tmux"], "an error on a terminal", () => {
  it("leaves the terminal as it was, and gives status 1", async () => {
    const box = sandbox()
    const t = await terminal(box)
    await t.ask("stty -a > before; echo kept")
    t.run("clear; SHELL=/no/shell sesh dev")
    await t.shows(/^sesh: .*cannot start \/no\/shell: no such file\n%$/)
    expect(await t.status()).toBe(1)
    t.run("stty -a > after")
    expect(await box.file("after")).toBe(await box.file("before"))
  })
})
