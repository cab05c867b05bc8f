import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { allBytes } from "../fixtures/bytes.ts"
import { describeWith } from "../support/needs.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

const KEEP = ["--exec", "job", "--keep", "--"]

/** The history of a session once it shows something. */
const history = (box: Sandbox, name: string, text: string, ...options: ReadonlyArray<string>) =>
  until(
    `the history shows ${text}`,
    async () => {
      const { code, out } = await box.sesh(["--history", name, ...options])
      return code === 0 && out.includes(text) && out
    },
    async () => (await box.sesh(["--history", name])).out
  )

describeWith(["tmux"], "a command that runs in a session", () => {
  it("can be watched, typed into and left; its end is everybody's", async () => {
    const box = sandbox()
    const command = "echo started; read line; echo \"got $line\"; read line; exit 9"
    const running = box.start(["--exec", "job", "--print", "--", "sh", "-c", command])
    const t = await terminal(box)
    await until("the session", async () => (await box.sessions()).length === 1)
    t.run("sesh job")
    await t.shows(/^started$/m)
    t.run("one")
    await t.shows(/^got one$/m)
    t.type("C-\\")
    await t.shows(/^\[detached from job\]$/m)
    expect(running.child.exitCode).toBeNull()
    t.fresh("sesh job")
    await t.shows(/^got one$/m)
    t.run("two")
    expect(await running.result).toMatchObject({ code: 9, out: "started\none\ngot one\ntwo\n" })
    await t.shows(/^\[job ended\]$/m)
    expect(await t.status()).toBe(9)
  })

  it("is ended by Ctrl-C where it was started", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh --exec job -- sh -c 'echo > ready; exec sleep 1000'")
    await box.file("ready")
    t.type("C-c")
    // A shell makes a new line only after a command that the signal itself has ended.
    await t.shows(/^\^C%$/m)
    expect(await t.status()).toBe(130)
    expect(await box.sessions()).toEqual([])
  })
})

describeWith(["tmux"], "sesh --exec --keep", () => {
  it("ends with the command; the session shows what it did, and a shell where it was", async () => {
    const box = sandbox({ GREETING: "hello" })
    const command = "echo working; printf '\\033[?1049h\\033[?1000hfull screen'; cd /; exit 3"
    const ended = await box.sesh(["--exec", "job", "--keep", "--print", "-C", "..", "--", "sh", "-c", command])
    expect(ended).toMatchObject({ code: 3, err: "" })
    expect(ended.out).toContain("full screen")
    const t = await terminal(box, { cols: 150 })
    t.run("sesh job")
    await t.shows(/^\[sh -c echo working; .*\.\.\. ended with status 3\]$/m)
    await t.prompt("$")
    expect(t.screen()).toMatch(/^working$/m)
    expect([t.format("#{mouse_any_flag}"), t.format("#{alternate_on}")]).toEqual(["0", "0"])
    t.run("pwd; echo $GREETING $SESH_SESSION; stty size")
    await t.shows(new RegExp(`^${path.dirname(box.home)}\nhello job\n24 150$`, "m"))
    const [session] = await box.sessions()
    expect(session).toMatchObject({ name: "job", info: { command: ["sh", "-c", command], foreground: "/bin/bash" } })
    t.run("exit 4")
    await t.shows(/^\[job ended\]$/m)
    expect(await t.status()).toBe(4)
    expect((await box.sesh(["--wait", "job"])).code).toBe(4)
  })

  it("shows the end to who was watching, and goes on under their hands", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh --exec job --keep -- sh -c 'read line; kill -9 $$' & sleep 0")
    await t.prompt()
    await until("the session", async () => (await box.sessions()).length === 1)
    const other = await terminal(box)
    other.run("sesh job")
    await until("two clients", async () => (await box.sessions())[0]?.info.clients.length === 1)
    other.run("go")
    await other.shows(/ended by signal 9\]$/m)
    await other.prompt("$")
    other.run("echo $((6 * 7))")
    await other.shows(/^42$/m)
  })

  it("takes what is typed for the shell as soon as the command has ended", async () => {
    const box = sandbox()
    for (let n = 0; n < 5; n++) {
      await box.sesh(["--exec", `job${n}`, "--keep", "--", "true"])
      expect((await box.sesh(["--send", `job${n}`, "echo $((6 * 7))", "--enter"])).code).toBe(0)
    }
    for (let n = 0; n < 5; n++) {
      expect(await history(box, `job${n}`, "\n42\n")).toContain("[true ended with status 0]\n")
    }
  })

  it("ends with the command where there is no shell", async () => {
    const box = sandbox({ SHELL: "/no/such/shell" })
    expect((await box.sesh([...KEEP, "sh", "-c", "exit 6"])).code).toBe(6)
    await until("the end", async () => (await box.sessions()).length === 0)
    expect((await box.sesh(["--wait", "job"])).code).toBe(6)
  })
})

describe("sesh --wait", () => {
  it("ends as the session does, for all who wait, and for an hour after", async () => {
    const box = sandbox()
    await box.sesh(["job", "-d", "--", "sh", "-c", "read line; exit 42"])
    const waiting = [1, 2, 3].map(() => box.start(["--wait", "job"]))
    await box.sesh(["--send", "job", "go", "--enter"])
    for (const { result } of waiting) expect(await result).toMatchObject({ code: 42, out: "", err: "" })
    expect((await box.sesh(["--wait", "job"])).code).toBe(42)
  })

  it("says so when there is no such session, or was killed", async () => {
    const box = sandbox()
    expect(await box.sesh(["--wait", "job"])).toMatchObject({ code: 1, err: "sesh: no session named job\n" })
    await box.sesh(["job", "-d"])
    await box.sesh(["--kill", "job"])
    expect((await box.sesh(["--wait", "job"])).code).toBe(129)
    await box.sesh(["job", "-d"])
    process.kill(await box.daemon("job"), "SIGKILL")
    expect(await box.sesh(["--wait", "job"])).toMatchObject({ code: 1 })
  })
})

/** A session whose program reads so many bytes from a raw terminal, and then writes them to a file in hex. */
const reader = async (box: Sandbox, count: number) => {
  const command =
    `stty raw -echo; echo > ready; head -c ${count} > got; od -An -v -tx1 got | tr -d ' \\n' > hex; echo >> hex`
  await box.sesh(["job", "-d", "--", "sh", "-c", command])
  await box.file("ready")
  return async () => Buffer.from((await box.file("hex")).trim(), "hex")
}

describe("sesh --send", () => {
  it("types words and the Enter key", async () => {
    const box = sandbox()
    await box.sesh(["job", "-d", "--", "sh", "-c", "read -r line; printf '%s\\n' \"$line\" > got"])
    expect(await box.sesh(["--send", "job", "two words", "--it's", "$HOME"])).toMatchObject({
      code: 0,
      out: "",
      err: ""
    })
    await box.sesh(["--send", "job", "--enter"])
    expect(await box.file("got")).toBe("two words --it's $HOME\n")
  })

  it("types all bytes of its standard input as they are", async () => {
    const box = sandbox()
    const got = await reader(box, allBytes.length)
    writeFileSync(path.join(box.home, "bytes"), allBytes)
    expect((await box.run("sh", ["-c", "sesh --send job < bytes"])).code).toBe(0)
    expect((await got()).equals(allBytes)).toBe(true)
  })

  it("returns when all was taken, of whatever length", async () => {
    const box = sandbox()
    const many = Buffer.alloc(3_000_000, allBytes)
    const got = await reader(box, many.length)
    const sending = spawn(path.resolve(import.meta.dirname, "../../dist/sesh"), ["--send", "job"], { env: box.env })
    sending.stdin.end(many)
    expect(await new Promise((resolve) => sending.once("close", resolve))).toBe(0)
    expect((await got()).equals(many)).toBe(true)
  })

  it("fails when the session ends before, or is not there", async () => {
    const box = sandbox()
    await box.sesh(["job", "-d", "--", "sh", "-c", "read line"])
    const sending = box.start(["--send", "job"])
    sending.type("no end of line")
    await history(box, "job", "no end of line")
    await box.sesh(["--send", "job", "--enter"])
    expect(await sending.result).toMatchObject({ code: 1, err: expect.stringContaining("lost session job") })
    expect(await box.sesh(["--send", "jop", "x"])).toMatchObject({ code: 1, err: "sesh: no session named jop\n" })
  })
})

describe("sesh --history", () => {
  it("is what a person would copy; with --ansi in its colours, line by line", async () => {
    const box = sandbox()
    const long = "0123456789".repeat(20)
    const output =
      `\\033[1;32m${long}\\033[0m\\r\\nred \\033[31mand\\r\\nstill\\033[0m  \\r\\n\\033[?25l\\033]0;title\\007end`
    await box.sesh(["job", "-d", "--", "sh", "-c", `printf '${output}'; read line`])
    expect(await history(box, "job", "end")).toBe(`${long}\nred and\nstill\nend\n`)
    const lines = (await history(box, "job", "end", "--ansi")).split("\n")
    expect(lines).toEqual([
      `\x1b[0;1;32m${long}\x1b[0m`,
      "red \x1b[0;31mand\x1b[0m",
      "\x1b[0;31mstill\x1b[0m",
      "end",
      ""
    ])
  })

  it("works during a flood, and on a full-screen program shows what is behind it", async () => {
    const box = sandbox()
    await box.sesh(["flood", "-d", "--", "yes"])
    expect((await history(box, "flood", "y\ny\n")).length).toBeGreaterThan(100)
    await box.sesh(["screen", "-d", "--", "sh", "-c", "echo behind; printf '\\033[?1049hin front'; read line"])
    expect(await history(box, "screen", "behind")).toBe("behind\n")
  })

  it("of nothing is an error", async () => {
    const box = sandbox()
    expect(await box.sesh(["--history", "job"])).toMatchObject({
      code: 1,
      out: "",
      err: "sesh: no session named job\n"
    })
  })
})
