import { expect, it } from "vitest"
import { detach, home, lines, numbers, own } from "../support/home.ts"
import { describeWith } from "../support/needs.ts"
import { settled, showsAgain } from "../support/picture.ts"
import { start, VIM } from "../support/programs.ts"
import { terminal } from "../support/terminal.ts"

describeWith(["tmux"], "a client that comes back", () => {
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
})

describeWith(["tmux", "vim"], "the shell below vim", () => {
  it("is there in a new terminal too, with its history in the scrollback", async () => {
    const box = home()
    const first = await terminal(box)
    first.run("sesh dev")
    await first.prompt("$")
    first.run("seq 200")
    await first.shows(/^200\n\$$/m)
    await start(first, VIM)
    const editing = await settled(first)
    first.close()
    await box.clients("dev", 0)
    const second = await terminal(box)
    second.run("sesh dev")
    await showsAgain(second, editing)
    second.type(...VIM.quit)
    await second.shows(/^200\n\$ vim.*\n\$$/m)
    expect(lines(second)).toEqual(["% sesh dev", "$ seq 200", ...numbers(1, 200), `$ ${VIM.command}`, "$"])
  })
})
