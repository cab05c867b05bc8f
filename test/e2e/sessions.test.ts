import { mkdirSync } from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

describeWith(["tmux"], "a session", () => {
  it("is created by its name, and its shell is where you were", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("mkdir here; cd here; sesh dev")
    await t.prompt("$")
    t.run("pwd; tty; stty size")
    const screen = await t.shows(/^24 80$/m)
    expect(screen).toContain(`\n${box.home}/here\n/dev/pts/`)
  })

  it("that has just been created shows what the shell shows, and nothing else", async () => {
    const box = sandbox()
    const [plain, ours] = [await terminal(box), await terminal(box)]
    const start = async (t: typeof plain, command: string) => {
      t.run(command)
      await t.prompt("$")
      t.run("echo one")
      await t.shows(/^one\n\$$/m)
      return [t.history().replace(command, "..."), t.format("#{cursor_x} #{cursor_y} #{history_size}")]
    }
    expect(await start(ours, "sesh dev")).toEqual(await start(plain, "bash"))
  })

  it("is left by Ctrl-\\: one line says so, and the terminal is as it was", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("stty -a > before; sesh dev")
    await t.prompt("$")
    t.paste("half a li")
    await t.shows("half a li")
    t.type("C-\\")
    await t.prompt()
    expect(t.screen()).toMatch(/^\$ half a li\n\[detached from dev\]\n%$/m)
    expect(await t.status()).toBe(0)
    t.run("stty -a > after")
    expect(await box.file("after")).toBe(await box.file("before"))
    expect(await t.ask("echo usable")).toBe("usable")
  })

  it("goes on, and is there again in another terminal", async () => {
    const box = sandbox()
    const first = await terminal(box)
    first.run("sesh dev")
    await first.prompt("$")
    first.run("cd /; answer=42; echo marker")
    await first.shows(/^marker$/m)
    first.type("C-\\")
    await first.prompt()
    const second = await terminal(box)
    second.run("sesh dev")
    await second.shows(/^marker\n\$$/m)
    second.run("echo $PWD $answer")
    await second.shows(/^\/ 42$/m)
    expect(first.screen()).not.toContain("/ 42")
  })

  it("gives its shell's exit status, and is gone", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("exit 7")
    await t.shows(/^\[dev ended\]\n%$/m)
    expect(await t.status()).toBe(7)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("kill -9 $$")
    await t.prompt()
    expect(await t.status()).toBe(137)
    expect(await box.sessions()).toEqual([])
    await until(
      "no process is left",
      () => ![...box.processes().values()].some((command) => command.includes("--daemon"))
    )
  })

  it("ends with its shell, whatever that leaves running", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("sleep 600 & disown; exit 4")
    await t.shows(/^\[dev ended\]\n%$/m)
    expect(await t.status()).toBe(4)
    // As in any terminal: who asked for it stays.
    expect([...box.processes().values()]).toContain("sleep 600")
    expect(await box.sessions()).toEqual([])
  })

  it("starts in the directory that is given", async () => {
    const box = sandbox()
    mkdirSync(path.join(box.home, "some where"))
    const t = await terminal(box)
    t.run("sesh dev 'some where'")
    await t.prompt("$")
    t.run("pwd")
    await t.shows(`\n${box.home}/some where\n`)
    await box.sesh(["tmp", "/usr", "-d"])
    expect((await box.sessions()).map(({ info, name }) => [name, info.dir])).toEqual([
      ["dev", `${box.home}/some where`],
      ["tmp", "/usr"]
    ])
  })
})

describeWith([], "a session without a terminal", () => {
  it("is created with -d, quietly, and stays the same one", async () => {
    const box = sandbox()
    const quiet = { code: 0, signal: null, out: "", err: "" }
    expect(await box.sesh(["dev", "-d"])).toEqual(quiet)
    const [made] = await box.sessions()
    expect(made).toMatchObject({ name: "dev", info: { dir: box.home, clients: [], size: { cols: 80, rows: 24 } } })
    expect(await box.sesh(["-d", "dev", "/"])).toEqual(quiet)
    const [found] = await box.sessions()
    expect(found!.info.pid).toBe(made!.info.pid)
  })

  it("runs a command instead, its arguments untouched", async () => {
    const box = sandbox()
    const args = ["two words", "", "it's", "\"quoted\"", "$HOME", "*", "-d", "--", "--kill", "new\nline", "é"]
    const { code, err } = await box.sesh([
      "dev",
      "-d",
      "--",
      "sh",
      "-c",
      "printf '<%s>\\n' \"$@\" > args; cat",
      "sh",
      ...args
    ])
    expect([code, err]).toEqual([0, ""])
    expect(await box.file("args")).toBe(args.map((arg) => `<${arg}>\n`).join(""))
    expect((await box.sessions())[0]!.info.command?.slice(4)).toEqual(args)
  })

  it("whose command ends at once shows what it said, and its status", async () => {
    const box = sandbox()
    for (let status = 0; status < 10; status++) {
      const { result } = box.start(["dev", "--", "sh", "-c", "echo brief; exit $1", "sh", String(status)])
      expect(await result).toEqual({ code: status, signal: null, out: "brief\r\n", err: "[dev ended]\n" })
    }
    expect(await box.sesh(["dev", "-d", "--", "true"])).toMatchObject({ code: 0, err: "" })
    await until("its end", async () => (await box.sessions()).length === 0)
  })

  it("ends by --kill, several at once, one that is not there does not matter to the others", async () => {
    const box = sandbox()
    for (const name of ["one", "two", "three"]) await box.sesh([name, "-d"])
    const { code, err, out } = await box.sesh(["--kill", "one", "nobody", "two"])
    expect([code, out]).toEqual([1, ""])
    expect(err.trim().split("\n").toSorted()).toEqual(["[one ended]", "[two ended]", "sesh: no session named nobody"])
    expect((await box.sessions()).map(({ name }) => name)).toEqual(["three"])
    expect(await box.sesh(["--kill", "three"])).toMatchObject({ code: 0, err: "[three ended]\n" })
    await until("no process is left", () => box.processes().size === 0, () => [...box.processes()].join("\n"))
  })

  it("is ended even if what runs in it does not want to", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d", "--", "sh", "-c", "trap '' HUP TERM INT; echo > ready; while :; do sleep 1; done"])
    await box.file("ready")
    expect(await box.sesh(["--kill", "dev"])).toMatchObject({ code: 0, err: "[dev ended]\n" })
    await until("no process is left", () => box.processes().size === 0, () => [...box.processes()].join("\n"))
  })
})
