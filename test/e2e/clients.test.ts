import { readdirSync } from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

/** Prints `rows cols` at its start and whenever its terminal's size changes. */
const size = `sh ${path.resolve(import.meta.dirname, "../fixtures/size.sh")}`

/** What `stty -a` says of the terminal when nobody has touched it yet, kept for later. */
const remember = (t: Terminal) => t.ask("stty -a > before; echo kept")

/** The terminal's modes are what they were. */
const isAsBefore = async (box: Sandbox, t: Terminal) => {
  t.run("stty -a > after")
  expect(await box.file("after")).toBe(await box.file("before"))
  expect(await t.ask("echo usable")).toBe("usable")
}

/**
 * Waits until the terminal shows these sizes, one a line. The echo of a key comes before or after what the program
 * prints.
 */
const showsSizes = (t: Terminal, ...sizes: ReadonlyArray<string>) =>
  until(
    `the sizes ${sizes.join(", ")}`,
    () => t.screen().replace(/[xyz]/g, "").trimEnd().endsWith(`\n${sizes.join("\n")}`),
    t.screen
  )

describeWith(["tmux"], "two terminals", () => {
  it("show the same, in the size of the one that typed last", async () => {
    const box = sandbox()
    const [small, large] = [await terminal(box), await terminal(box, { cols: 100, rows: 30 })]
    small.run("sesh dev")
    await small.prompt("$")
    // Who comes leads.
    large.run(`sesh dev`)
    await large.prompt("$")
    large.run(size)
    for (const t of [small, large]) await showsSizes(t, "30 100")
    small.paste("x")
    for (const t of [small, large]) await showsSizes(t, "30 100", "24 80")
    large.paste("y")
    for (const t of [small, large]) await showsSizes(t, "30 100", "24 80", "30 100")
    // Not the leader's window: nothing changes, until it types.
    await small.resize(70, 20)
    await until("the session knows of it", async () => {
      const [session] = await box.sessions()
      return session?.info.clients.some(({ size }) => size?.cols === 70)
    })
    small.paste("z")
    for (const t of [small, large]) await showsSizes(t, "24 80", "30 100", "20 70")
    // The leader goes: the one before it leads.
    small.type("C-\\")
    await small.shows(/^\[detached from dev\]\n%$/m)
    await showsSizes(large, "30 100", "20 70", "30 100")
  })

  it("both hear of the end", async () => {
    const box = sandbox()
    const [one, two] = [await terminal(box), await terminal(box)]
    one.run("sesh dev")
    await one.prompt("$")
    two.run("sesh dev")
    await two.prompt("$")
    two.run("exit 5")
    for (const t of [one, two]) {
      await t.shows(/^\[dev ended\]\n%$/m)
      expect(await t.status()).toBe(5)
    }
  })
})

describeWith(["tmux"], "a terminal", () => {
  it("that is resized resizes the session", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run(size)
    await t.shows(/^24 80$/m)
    await t.resize(100, 30)
    await t.shows(/^24 80\n30 100$/m)
    await t.resize(60, 15)
    await t.shows(/^30 100\n15 60$/m)
    t.type("C-c")
    await t.prompt("$")
    t.type("C-\\")
    await t.prompt()
    await t.resize(90, 25)
    t.run("clear; sesh dev")
    await t.prompt("$")
    t.run("stty size")
    await t.shows(/^25 90\n\$$/m)
  })

  it("whose window is closed leaves the session alone", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("echo marker; sleep 600 &")
    await t.shows(/^\[1\] \d+$/m)
    const [session] = await box.sessions()
    t.close()
    await box.clients("dev", 0)
    expect((await box.sessions())[0]!.info.pid).toBe(session!.info.pid)
    const other = await terminal(box)
    other.run("sesh dev")
    await other.shows(/^marker$/m)
    other.run("clear; jobs")
    await other.shows(/^\[1\]\+ +Running +sleep 600 &\n\$$/)
  })

  it("whose client is killed with -9 leaves the session alone", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("answer=42")
    await t.prompt("$")
    process.kill(await box.process("sesh dev"), "SIGKILL")
    await box.clients("dev", 0)
    // Nobody could restore the terminal: a person does.
    await t.shows(/Killed\s+%/)
    // In one piece: the terminal is raw, and the shell takes what it gets at once for a line.
    t.paste("stty sane\n")
    // Before that has run, Enter would be a mere CR.
    await t.shows(/Killed\s+% %$/)
    t.run("clear")
    await t.prompt()
    t.run("sesh dev")
    await t.prompt("$")
    t.run("clear; echo $answer")
    await t.shows(/^42\n\$$/)
  })

  it.for([["SIGTERM", 143], ["SIGHUP", 129], ["SIGINT", 130], ["SIGQUIT", 143]] as const)(
    "is restored when its client is told to go by %s",
    async ([signal, status]) => {
      const box = sandbox()
      const t = await terminal(box)
      await remember(t)
      t.run("sesh dev")
      await t.prompt("$")
      process.kill(await box.process("sesh dev"), signal)
      await t.shows(/^\$\n\[detached from dev\]/m)
      await t.prompt()
      expect(await t.status()).toBe(status)
      await isAsBefore(box, t)
      await box.clients("dev", 0)
    }
  )

  it("is restored while its client is stopped, and goes on when that goes on", async () => {
    const box = sandbox()
    const t = await terminal(box)
    await remember(t)
    t.run("sesh dev")
    await t.prompt("$")
    process.kill(await box.process("sesh dev"), "SIGTSTP")
    await t.shows("Stopped")
    t.run("clear")
    await t.prompt()
    await isAsBefore(box, t)
    t.run("fg")
    t.type("Enter")
    await t.prompt("$")
    t.run("clear; echo here again")
    await t.shows(/^here again\n\$$/)
  })

  it("is restored when the session's process is killed with -9, and nothing is left of it", async () => {
    const box = sandbox()
    const t = await terminal(box)
    await remember(t)
    t.run("sesh dev")
    await t.prompt("$")
    await box.sesh(["other", "-d"])
    const files = () => readdirSync(box.dir).filter((file) => file.startsWith("dev."))
    expect(files()).toEqual(["dev.json", "dev.sock"])
    process.kill(await box.daemon("dev"), "SIGKILL")
    await t.shows(/^\$\n\[lost dev: its process is gone\]\n%$/m)
    expect(await t.status()).toBe(255)
    await isAsBefore(box, t)
    expect(await t.ask("sesh")).toMatch(/^other /)
    expect(t.screen()).not.toContain("dev")
    expect(files()).toEqual([])
    await until(
      "the shell's end",
      () => [...box.processes().values()].filter((name) => name === "/bin/bash").length === 1
    )
  })
})

describe("a client", () => {
  it("hears of the end when the session's process is told to go", async () => {
    const box = sandbox()
    const running = box.start(["dev"])
    await box.clients("dev", 1)
    process.kill(await box.daemon("dev"), "SIGTERM")
    expect(await running.result).toMatchObject({ code: 129, err: "[dev ended]\n" })
    expect(readdirSync(box.dir).filter((file) => !file.startsWith(".lock"))).toEqual(["dev.ended"])
    await until("no process is left", () => box.processes().size === 0)
  })
})

describe("a pipe", () => {
  it("on standard input is typed, and its end detaches", async () => {
    const box = sandbox()
    const result = await box.sesh(["dev"], { input: "echo one > out; printf '%s\\n' t\\wo >> out\n" })
    expect(result).toMatchObject({ code: 0, err: "[detached from dev]\n" })
    expect(await until("both lines", async () => (await box.file("out")).split("\n").length === 3 && box.file("out")))
      .toBe("one\ntwo\n")
    expect((await box.sessions())[0]).toMatchObject({ name: "dev", info: { clients: [] } })
  })

  it("on standard output gets the session's bytes and nothing else", async () => {
    const box = sandbox()
    const program = "printf 'a\\nb'; read line; printf \"<$line>\"; exit 9"
    const running = box.start(["dev", "--", "sh", "-c", program])
    await until("the beginning", () => running.out() === "a\r\nb")
    running.type("hello\n")
    expect(await running.result).toEqual({ code: 9, signal: null, out: "a\r\nbhello\r\n<hello>", err: "[dev ended]\n" })
  })

  it("that breaks detaches, and the session lives", async () => {
    const box = sandbox()
    const running = box.start(["dev", "--", "sh", "-c", "while echo on and on; do sleep 0.05; done"])
    await until("the beginning", () => running.out().includes("on and on"))
    running.child.stdout!.destroy()
    expect(await running.result).toMatchObject({ code: 129 })
    await box.clients("dev", 0)
  })
})

describeWith(["tmux"], "a terminal with a pipe on one side", () => {
  it("types into a session whose output goes into a file", async () => {
    const box = sandbox()
    const t = await terminal(box)
    await remember(t)
    t.run("sesh dev | cat > out")
    await box.clients("dev", 1)
    t.run("stty size; exit")
    await t.shows(/^\[dev ended\]\n%$/m)
    expect(await box.file("out")).toContain("24 80\r\n")
    await isAsBefore(box, t)
  })

  it("shows what a pipe types", async () => {
    const box = sandbox()
    const t = await terminal(box)
    await remember(t)
    t.run("echo 'printf \"1\\n2\\n\"; read x; exit' | sesh dev; echo status $?")
    await t.shows(/^\[detached from dev\]\nstatus 0\n%$/m)
    await isAsBefore(box, t)
  })
})
