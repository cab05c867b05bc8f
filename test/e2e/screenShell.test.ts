import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import { detach, home } from "../support/home.ts"
import { describeWith } from "../support/needs.ts"
import { isClean, modes, settled, showsAgain } from "../support/picture.ts"
import { sandbox } from "../support/sandbox.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"
import { wire } from "../support/wire.ts"

describeWith(["tmux"], "a client that comes back", () => {
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
      t.fresh("sesh dev")
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
