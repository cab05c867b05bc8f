import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { isClean, modes, settled, showsAgain } from "../support/picture.ts"
import { sandbox } from "../support/sandbox.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"
import { wire } from "../support/wire.ts"

const numbers = (from: number, to: number, prefix = "") =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`)

/** Lines of the user's own, from before there was a session. */
const own = async (t: Terminal, count: number) => {
  t.run(`for i in $(seq ${count}); do echo own $i; done`)
  await t.shows(new RegExp(`^own ${count}\n%$`, "m"))
}

const detach = async (t: Terminal) => {
  t.type("C-\\")
  await t.shows(/^\[detached from dev\]\n%$/m)
}

const lines = (t: Terminal) => t.history().split("\n")

const COLOURS = "\x1b[1;31mred\x1b[0m \x1b[48;5;22mgreen\x1b[0m \x1b[4;38;2;1;2;3mline\x1b[0m äöü 漢字\n"

/** With files in it: `text`, of forty lines, some with wide characters, and `colours`, of one line. */
const home = (env?: Record<string, string>) => {
  const box = sandbox(env)
  const text = numbers(1, 40, "line ").map((line, index) => index % 5 === 0 ? `${line} äöü 漢字 — “quoted”` : line)
  writeFileSync(path.join(box.home, "text"), `${text.join("\n")}\n`)
  writeFileSync(path.join(box.home, "colours"), COLOURS)
  return box
}

describeWith(["tmux"], "whoever comes back", () => {
  it("sees text, colours, cursor and a half-typed line as they were, and goes on typing", async () => {
    const box = home()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("clear; cat colours")
    await t.shows(/^red green line äöü 漢字\n\$$/)
    t.paste("echo half a li")
    t.type("Left", "Left")
    await until("the cursor has moved", () => t.format("#{cursor_x}") === "14")
    const before = await settled(t)
    await detach(t)
    const other = await terminal(box)
    for (const back of [t, other]) {
      back.run("sesh dev")
      await showsAgain(back, before)
    }
    other.type("C-e")
    other.paste("ne")
    other.type("Enter")
    await other.shows(/^\$ echo half a line\nhalf a line\n\$$/m)
  })

  it("has the session's history in the scrollback of a new terminal, below its own lines", async () => {
    const box = home()
    const [first, second] = [await terminal(box), await terminal(box)]
    first.run("sesh dev")
    await first.prompt("$")
    first.run("seq 200")
    await first.shows(/^200\n\$$/m)
    await detach(first)
    await own(second, 40)
    const before = lines(second)
    second.run("sesh dev")
    await second.shows(/^200\n\$$/m)
    expect(lines(second)).toEqual([...before.slice(0, -1), "% sesh dev", "$ seq 200", ...numbers(1, 200), "$"])
    second.run("echo and on")
    await second.shows(/^200\n\$ echo and on\nand on\n\$$/m)
  })

  it("loses no line of what the terminal showed before, between and after", async () => {
    const box = home()
    const t = await terminal(box)
    await own(t, 60)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("seq -f 'in %g' 100")
    await t.shows(/^in 100\n\$$/m)
    await detach(t)
    t.run("echo between")
    await t.shows(/^between\n%$/m)
    t.run("sesh dev")
    await t.prompt("$")
    await detach(t)
    t.run("echo after")
    await t.shows(/^after\n%$/m)
    const session = ["$ seq -f 'in %g' 100", ...numbers(1, 100, "in ")]
    expect(lines(t)).toEqual([
      "% for i in $(seq 60); do echo own $i; done",
      ...numbers(1, 60, "own "),
      "% sesh dev",
      ...session,
      "$",
      "[detached from dev]",
      "% echo between",
      "between",
      "% sesh dev",
      ...session,
      "$",
      "[detached from dev]",
      "% echo after",
      "after",
      "%"
    ])
  })

  it("sees nothing twice, however often", async () => {
    const box = home()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("clear; seq 5; cat colours")
    await t.shows(/^1\n2\n3\n4\n5\nred green.*\n\$$/)
    t.paste("half")
    await t.shows(/\$ half$/)
    const before = await settled(t)
    for (let round = 1; round <= 10; round++) {
      await detach(t)
      t.run("sesh dev")
      await showsAgain(t, before)
    }
    const other = await terminal(box)
    other.run("sesh dev")
    await showsAgain(other, before)
    expect(lines(other).filter((line) => line.startsWith("red"))).toHaveLength(1)
  })

  it("finds the title again", async () => {
    const box = home()
    const t = await terminal(box)
    const title = (title: string) => until(`the title ${title}`, () => t.format("#{pane_title}") === title)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("printf '\\033]2;at work\\033\\\\'")
    await title("at work")
    await detach(t)
    t.run("printf '\\033]2;elsewhere\\033\\\\'")
    await title("elsewhere")
    t.run("sesh dev")
    await title("at work")
  })

  it("finds every mode again that a program has set, and the terminal is clean meanwhile", async () => {
    const box = home()
    writeFileSync(
      path.join(box.home, "set"),
      "\x1b[3;9r\x1b[?6h\x1b[4h\x1b[?7l\x1b=\x1b[?1h\x1b[?25l\x1b[?1000h\x1b[?1006h"
    )
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("clear; cat set colours; cat > keys; printf '\\033[!p'; cat -v keys")
    await t.shows("red green line")
    const before = await settled(t)
    expect(modes(t)).toEqual({
      mouse_any_flag: "1",
      mouse_sgr_flag: "1",
      keypad_flag: "1",
      keypad_cursor_flag: "1",
      cursor_flag: "0",
      insert_flag: "1",
      origin_flag: "1",
      wrap_flag: "0",
      scroll_region_upper: "2"
    })
    for (let round = 1; round <= 2; round++) {
      await detach(t)
      await isClean(t)
      t.run("clear; sesh dev")
      await showsAgain(t, before)
    }
    t.type("Up", "Enter", "C-d")
    await t.shows("^[OA")
  })

  it("pastes in brackets again where the shell has asked for it", async () => {
    const box = home()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    await detach(t)
    await isClean(t)
    t.run("clear; sesh dev")
    await t.prompt("$")
    t.clipboard("echo one\necho two\n")
    // Taken as text: nothing runs before it is told to.
    await t.shows(/^\$ echo one\necho two$/m)
    t.type("Enter")
    await t.shows(/\necho two\none\ntwo\n\$$/)
  })

  it("in a window of another size sees what one sees who never left", async () => {
    const box = home()
    const [leaving, staying] = [await terminal(box), await terminal(box)]
    const name = (t: Terminal) => t === leaving ? "dev" : "stay"
    const wide = "abcdefghij".repeat(11)
    for (const t of [leaving, staying]) {
      t.run(`sesh ${name(t)}`)
      await t.prompt("$")
      t.run(`clear; seq 50; cat colours; echo ${wide}; seq 3`)
      await t.shows(/^1\n2\n3\n\$$/m)
    }
    for (const [cols, rows] of [[60, 15], [100, 30]] as const) {
      await detach(leaving)
      for (const t of [leaving, staying]) await t.resize(cols, rows)
      leaving.run("sesh dev")
      for (const t of [leaving, staying]) {
        await until("its size", async () => {
          const session = (await box.sessions()).find((session) => session.name === name(t))
          return session?.info.size.cols === cols && session.info.clients.length === 1
        })
        t.run(`echo ${cols}`)
        await t.shows(new RegExp(`^${cols}\n\\$$`, "m"))
      }
      expect(leaving.colours()).toBe(staying.colours())
      expect(leaving.screen()).toContain("\n1\n2\n3\n$ echo 60\n60\n$")
    }
  })

  it("sees the screen without a scrollback too: SESH_SCROLLBACK=0", async () => {
    const box = home({ SESH_SCROLLBACK: "0" })
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("seq 40; cat colours")
    await t.shows(/^red green line äöü 漢字\n\$$/m)
    const before = await settled(t)
    await detach(t)
    t.run("sesh dev")
    await showsAgain(t, before)
    await detach(t)
    await isClean(t)
  })
})

describeWith([], "a session that has just been created", () => {
  it("shows what its program writes, from the first byte on", async () => {
    const box = sandbox()
    let shown = ""
    await wire(box, ["dev", "--", "sh", "-c", "printf first; read line"], {
      onData: (bytes) => {
        shown += bytes.toString()
      }
    })
    await until("the first word", () => shown.endsWith("first"), () => shown)
    expect(shown).toBe("first")
  })
})

interface Program {
  readonly name: string
  readonly command: string
  /** What is on the screen when it is ready. */
  readonly ready: RegExp
  readonly quit: ReadonlyArray<string>
  /** It shows the same as long as nothing is typed. */
  readonly steady: boolean
}

const PROGRAMS: ReadonlyArray<Program> = [
  {
    name: "vim",
    command: "vim -u NONE -N -c 'set mouse=a' text",
    ready: /^line 1 .*\nline 2\n[^]*"text" 40L/,
    quit: [":q!", "Enter"],
    steady: true
  },
  { name: "less", command: "less --mouse text", ready: /^line 1 .*\nline 2\n[^]*\ntext$/, quit: ["q"], steady: true },
  { name: "htop", command: "htop", ready: /F1Help.*F10Quit/, quit: ["q"], steady: false }
]

/** Starts a program in the session and waits until it has said all that it says. */
const start = async (t: Terminal, { command, name, ready }: Program) => {
  t.run(command)
  await t.shows(ready)
  if (name !== "vim") return
  // It asks the terminal who it is, and changes modes when it hears: by now it has.
  t.type(":echo 'all heard'", "Enter")
  await t.shows(/\nall heard$/)
  await until("the cursor is back in the text", () => t.format("#{cursor_x} #{cursor_y}") === "0 0")
}

for (const program of PROGRAMS) {
  describeWith(["tmux", program.name], program.name, () => {
    it("is there again after a detach, and the terminal is clean meanwhile", async () => {
      const box = home()
      const t = await terminal(box)
      await own(t, 5)
      t.run("sesh dev")
      await t.prompt("$")
      t.run("clear; cat colours")
      await t.shows(/^red green line äöü 漢字\n\$$/)
      await start(t, program)
      expect(modes(t)).toMatchObject({ alternate_on: "1", mouse_any_flag: "1", keypad_cursor_flag: "1" })
      const before = program.steady ? await settled(t) : ""
      const modesBefore = modes(t)
      for (let round = 1; round <= 2; round++) {
        await detach(t)
        expect(t.screen()).toMatch(/^red green line äöü 漢字\n\$ .*\n+\[detached from dev\]\n%/)
        await isClean(t)
        t.run("clear; sesh dev")
        if (program.steady) await showsAgain(t, before)
        else await t.shows(program.ready)
        await until("the modes from before", () => JSON.stringify(modes(t)) === JSON.stringify(modesBefore), () => {
          expect(modes(t)).toEqual(modesBefore)
        })
      }
      t.type(...program.quit)
      await t.shows(/^red green line äöü 漢字\n\$ .*\n\$$/)
      expect(modes(t)).toEqual({})
    })

    it("is there again in windows of other sizes, and fills them", async () => {
      const box = home()
      const t = await terminal(box)
      t.run("sesh dev")
      await t.prompt("$")
      await start(t, program)
      await detach(t)
      for (const [cols, rows] of [[60, 15], [100, 30], [80, 24]] as const) {
        const other = await terminal(box, { cols, rows })
        other.run("sesh dev")
        const filled = () => {
          const shown = other.screen().split("\n")
          return program.steady
            ? shown.slice(0, rows - 1).every((line, index) => new RegExp(`^line ${index + 1}( |$)`).test(line)) &&
              !(shown[rows - 1] ?? "").startsWith("line")
            : shown.length === rows && shown[rows - 1]!.startsWith("F1Help")
        }
        await until("it fills the window", filled, other.screen)
        if (program.steady) {
          other.type("G")
          await until("its end", () => other.screen().split("\n")[rows - 2] === "line 40", other.screen)
          other.type("g", "g")
          await until("its beginning", filled, other.screen)
        }
        other.type("C-\\")
        await isClean(other)
      }
    })

    it("leaves a clean terminal, and word of it, when the session's process is killed with -9", async () => {
      const box = home()
      const t = await terminal(box)
      await own(t, 5)
      t.run("sesh dev")
      await t.prompt("$")
      await start(t, program)
      process.kill(await box.daemon("dev"), "SIGKILL")
      await t.shows(/^own 5\n% sesh dev\n\$ .*\n+\[lost dev: its process is gone\]\n%$/m)
      await isClean(t)
      expect(await t.ask("stty -a > after; echo usable")).toBe("usable")
    })
  })
}

describeWith(["tmux", "vim"], "the shell below vim", () => {
  it("is as before when vim is quit after a detach, and the history above it too", async () => {
    const box = home()
    const t = await terminal(box)
    await own(t, 30)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("seq 60; cat colours")
    await t.shows(/^red green line äöü 漢字\n\$$/m)
    const vim = PROGRAMS[0]!
    const session = ["$ seq 60; cat colours", ...numbers(1, 60), "red green line äöü 漢字", `$ ${vim.command}`, "$"]
    const shell = t.colours().split("\n")
    await start(t, vim)
    const editing = await settled(t)
    await detach(t)
    const above = lines(t)
    expect(above).toEqual([
      "% for i in $(seq 30); do echo own $i; done",
      ...numbers(1, 30, "own "),
      "% sesh dev",
      ...session.slice(0, -1),
      // Where vim begins it cannot be seen whether the shell's line had ended.
      "",
      "[detached from dev]",
      "%"
    ])
    t.run("sesh dev")
    await showsAgain(t, editing)
    t.type(...vim.quit)
    await t.shows(/^\$ vim.*\n\$$/m)
    expect(t.colours().split("\n")).toEqual([...shell.slice(1, -1), `$ ${vim.command}`, "$"])
    expect(modes(t)).toEqual({})
    expect(t.format("#{cursor_x} #{cursor_y}")).toBe("2 23")
    expect(lines(t)).toEqual([...above.slice(0, -1), "% sesh dev", ...session])
    t.run("echo usable")
    await t.shows(/^usable\n\$$/m)
  })

  it("is there in a new terminal too, with its history in the scrollback", async () => {
    const box = home()
    const first = await terminal(box)
    first.run("sesh dev")
    await first.prompt("$")
    first.run("seq 200")
    await first.shows(/^200\n\$$/m)
    const vim = PROGRAMS[0]!
    await start(first, vim)
    const editing = await settled(first)
    first.close()
    await box.clients("dev", 0)
    const second = await terminal(box)
    second.run("sesh dev")
    await showsAgain(second, editing)
    second.type(...vim.quit)
    await second.shows(/^200\n\$ vim.*\n\$$/m)
    expect(lines(second)).toEqual(["% sesh dev", "$ seq 200", ...numbers(1, 200), `$ ${vim.command}`, "$"])
  })
})
