import { expect, it } from "vitest"
import { detach, home, lines, numbers, own } from "../support/home.ts"
import { describeWith } from "../support/needs.ts"
import { isClean, modes, settled, showsAgain } from "../support/picture.ts"
import { PROGRAMS, start, VIM } from "../support/programs.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

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
        t.fresh("sesh dev")
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
    const session = ["$ seq 60; cat colours", ...numbers(1, 60), "red green line äöü 漢字", `$ ${VIM.command}`, "$"]
    const shell = t.colours().split("\n")
    await start(t, VIM)
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
    t.type(...VIM.quit)
    await t.shows(/^\$ vim.*\n\$$/m)
    expect(t.colours().split("\n")).toEqual([...shell.slice(1, -1), `$ ${VIM.command}`, "$"])
    expect(modes(t)).toEqual({})
    expect(t.format("#{cursor_x} #{cursor_y}")).toBe("2 23")
    expect(lines(t)).toEqual([...above.slice(0, -1), "% sesh dev", ...session])
    t.run("echo usable")
    await t.shows(/^usable\n\$$/m)
  })
})
