import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { isClean } from "../support/picture.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"
import { wire } from "../support/wire.ts"

const asks = `${process.execPath} ${path.resolve(import.meta.dirname, "../fixtures/asks.ts")}`

type Heard = Readonly<Record<"before" | "DA1" | "CPR" | "DSR" | "background" | "XTVERSION" | "after", string>>

/** What a program heard that asked everything, the nth time. */
const heard = async (box: Sandbox, time = 1): Promise<Heard> => {
  const report = await until(`report ${time}`, async () => {
    const blocks = (await box.file("report")).split(/^(?=before)/m)
    return blocks.length >= time && /^after .*\n/m.test(blocks[time - 1]!) && blocks[time - 1]
  })
  return Object.fromEntries(
    report.trim().split("\n").map((line) => {
      const at = line.indexOf(" ")
      return [line.slice(0, at), JSON.parse(line.slice(at)) as string]
    })
  ) as unknown as Heard
}

const go = (box: Sandbox, file: string) => writeFileSync(path.join(box.home, file), "")

/** One answer to each, and they are sesh's own. */
const FROM_SESH = {
  before: "",
  DA1: "\x1b[?62;22c",
  CPR: "\x1b[5;7R",
  DSR: "\x1b[0n",
  background: "\x1b]11;rgb:0000/0000/0000\x07",
  XTVERSION: "\x1bP>|sesh\x1b\\",
  after: ""
}

/** One answer to each, and they are tmux's. */
const fromTmux = (background: string) => ({
  before: "",
  DA1: expect.stringMatching(/^\x1b\[\?1;2[0-9;]*c$/),
  CPR: "\x1b[5;7R",
  DSR: "\x1b[0n",
  background: expect.stringMatching(new RegExp(`^\x1b\\]11;rgb:${background}(\x07|\x1b\\\\)$`)),
  XTVERSION: expect.stringMatching(/^\x1bP>\|tmux [^\x1b]*\x1b\\$/),
  after: ""
})

const BLUE = ["#112233", "1111/2222/3333"] as const
const RED = ["#445566", "4444/5555/6666"] as const

/** A terminal that knows its background. */
const coloured = async (box: Sandbox, colour: readonly [string, string], cols = 80) => {
  const t = await terminal(box, { cols })
  t.background(colour[0])
  return t
}

describeWith([], "a program that asks its terminal", () => {
  it("has one answer to each question when nobody is attached", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d", "--", ...asks.split(" "), "report"])
    expect(await heard(box)).toEqual(FROM_SESH)
  })

  it("has an answer when the terminal goes without one", async () => {
    const box = sandbox()
    writeFileSync(
      path.join(box.home, "program"),
      "stty raw -echo; printf '\\033[c'; dd bs=64 count=1 2> /dev/null | od -An -c > heard; cat > more"
    )
    let shown = ""
    let hasLeft = false
    const silent = await wire(box, ["dev", "--", "sh", "program"], {
      onData: (bytes) => {
        shown += bytes.toString()
        if (hasLeft || !shown.includes("\x1b[c")) return
        hasLeft = true
        void silent.type([Buffer.from("\x1c")])
      }
    })
    expect((await box.file("heard")).replaceAll(/\s+/g, " ")).toBe(" 033 [ ? 6 2 ; 2 2 c ")
    await silent.ended
    await box.process("cat")
    expect(await box.sesh(["--kill", "dev"])).toMatchObject({ code: 0 })
    expect(readFileSync(path.join(box.home, "more"), "utf8")).toBe("")
  })
})

describeWith(["tmux"], "a program that asks its terminal", () => {
  it("has one answer to each, the terminal's, when it asks at once", async () => {
    const box = sandbox()
    const t = await coloured(box, BLUE)
    t.run(`sesh dev -- ${asks} report`)
    expect(await heard(box)).toEqual(fromTmux(BLUE[1]))
  })

  it("has one answer to each, from the client that is attached at the time", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d", "--", ...asks.split(" "), "report", "1", "2", "3", "4"])
    go(box, "1")
    expect(await heard(box, 1)).toEqual(FROM_SESH)
    const t = await coloured(box, BLUE)
    t.run("sesh dev")
    await box.clients("dev", 1)
    go(box, "2")
    expect(await heard(box, 2)).toEqual(fromTmux(BLUE[1]))
    t.type("C-\\")
    await t.prompt()
    await box.clients("dev", 0)
    // What the terminal is like is remembered.
    go(box, "3")
    expect(await heard(box, 3)).toEqual(fromTmux(BLUE[1]))
    const watcher = await coloured(box, RED)
    watcher.run("sesh --watch dev")
    await box.clients("dev", 1)
    go(box, "4")
    expect(await heard(box, 4)).toEqual(fromTmux(BLUE[1]))
  })

  it("has one answer to each when two are attached: from the terminal that typed last", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d", "--", ...asks.split(" "), "report", "1", "2", "3"])
    const terminals: Array<Terminal> = []
    for (const [colour, cols] of [[BLUE, 80], [RED, 90]] as const) {
      const t = await coloured(box, colour, cols)
      t.run("sesh dev")
      terminals.push(t)
      await box.clients("dev", terminals.length)
    }
    go(box, "1")
    expect(await heard(box, 1)).toEqual(fromTmux(RED[1]))
    for (const [index, colour, key, cols] of [[0, BLUE, "x", 80], [1, RED, "y", 90]] as const) {
      terminals[index]!.paste(key)
      await until("the session has its size", async () => (await box.sessions())[0]!.info.size.cols === cols)
      go(box, String(index + 2))
      expect(await heard(box, index + 2)).toEqual({ ...fromTmux(colour[1]), before: key })
    }
  })
})

describeWith(["tmux"], "nothing is typed into a shell", () => {
  for (const scrollback of [undefined, "0"]) {
    it(`by attaching where a program has asked a lot: SESH_SCROLLBACK=${scrollback ?? ""}`, async () => {
      const box = sandbox({ SESH_SCROLLBACK: scrollback })
      const t = await coloured(box, BLUE)
      t.run("sesh dev")
      await t.prompt("$")
      for (let time = 1; time <= 2; time++) {
        t.run(`clear; ${asks} report; clear`)
        await heard(box, time)
        await t.shows(/^\$$/)
      }
      t.type("C-\\")
      await t.prompt()
      const other = await coloured(box, RED)
      for (const each of [t, other, t, other]) {
        each.run("clear; sesh dev")
        await each.prompt("$")
        each.run("echo usable")
        await each.shows(/^\$ echo usable\nusable\n\$$/m)
        expect(each.screen()).not.toMatch(/[0-9;]+[cnR]|rgb:|tmux/)
        each.type("C-\\")
        await each.shows(/^\[detached from dev\]\n%$/m)
        await isClean(each)
      }
    })
  }

  it("by leaving while a program asks all the time", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    const program = "stty raw -echo; while printf '\\033[6n'; do dd bs=64 count=1 of=/dev/null 2> /dev/null; done"
    writeFileSync(path.join(box.home, "program"), program)
    t.run("clear; echo asking; sh program")
    for (let round = 1; round <= 5; round++) {
      await t.shows(/^asking$/m)
      t.type("C-\\")
      await t.shows(/^\[detached from dev\]\n%$/m)
      await isClean(t)
      t.fresh("sesh dev")
    }
    await t.shows(/^asking$/m)
    await box.clients("dev", 1)
    process.kill(await box.daemon("dev"), "SIGKILL")
    await t.shows(/\[lost dev: its process is gone\]\n%$/)
    await isClean(t)
  })

  it("by leaving a terminal that did not answer: who asked may be gone", async () => {
    const box = sandbox()
    const silent = await wire(box, ["dev"], { onData: () => {} })
    await box.clients("dev", 1)
    await silent.type([
      Buffer.from("printf '\\033]10;?\\007\\033]11;?\\007\\033[?4m\\033[?12$p'; clear; echo > asked\n")
    ])
    await box.file("asked")
    await silent.type([Buffer.from("\x1c")])
    await silent.ended
    await box.clients("dev", 0)
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("echo usable")
    await t.shows(/^\$ echo usable\nusable\n\$$/)
  })
})

describeWith(["tmux", "vim"], "nothing is typed by leaving", () => {
  it("into the shell, after vim has been open", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("vim -u NONE -N")
    await t.shows(/^~$/m)
    t.type(":echo 'all heard'", "Enter")
    await t.shows(/\nall heard$/)
    t.type(":q", "Enter")
    await t.shows(/^\$ vim -u NONE -N\n\$$/m)
    t.type("C-\\")
    await t.shows(/\[detached from dev\]\n%$/)
    await box.clients("dev", 0)
    t.fresh("sesh dev")
    await t.shows(/^\$ vim -u NONE -N\n/m)
    t.run("echo usable")
    await t.shows(/^\$ vim -u NONE -N\n\$ echo usable\nusable\n\$$/m)
  })

  it("into vim, which has been opened twice", async () => {
    const box = sandbox()
    writeFileSync(path.join(box.home, "text"), "one word after the other\n".repeat(10))
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    for (let time = 1; time <= 2; time++) {
      t.run("vim -u NONE -N text")
      await t.shows(/^~$/m)
      t.type(":echo 'all heard'", "Enter")
      await t.shows(/\nall heard$/)
      if (time === 1) t.type(":q", "Enter")
      if (time === 1) await t.prompt("$")
    }
    t.type("C-\\")
    await t.shows(/\[detached from dev\]\n%$/)
    await box.clients("dev", 0)
    t.fresh("sesh dev")
    await t.shows(/^one word/)
    t.type(":echo 'line' line('.') 'column' col('.') 'changed' &modified", "Enter")
    await t.shows(/\nline 1 column 1 changed 0$/)
  })
})

describeWith(["tmux", "fish"], "fish", () => {
  it("starts while nobody is attached, and has nothing typed into it by who comes and goes", async () => {
    const box = sandbox()
    writeFileSync(
      path.join(box.home, "prompt.fish"),
      "function fish_prompt; echo > prompted; echo '> '; end; set fish_greeting"
    )
    // fish keeps something in XDG_RUNTIME_DIR, or else in /tmp.
    const env = { ...box.env, XDG_RUNTIME_DIR: box.home }
    await box.sesh(["dev", "-d", "--", "fish", "-C", "source prompt.fish"], { env })
    await box.file("prompted")
    const t = await terminal(box)
    for (let round = 1; round <= 3; round++) {
      t.run("clear; sesh dev")
      await t.prompt(">")
      t.run(`clear; echo round $SESH_SESSION ${round}`)
      await t.shows(new RegExp(`^round dev ${round}\n>$`))
      t.type("C-\\")
      await t.shows(/\[detached from dev\]\n%$/)
      await isClean(t)
    }
  })
})
