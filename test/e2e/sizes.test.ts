import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { isClean } from "../support/picture.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => String(from + index))

interface Size {
  readonly cols: number
  readonly rows: number
}

const SMALL = { cols: 50, rows: 12 }
const USUAL = { cols: 80, rows: 24 }
const LARGE = { cols: 110, rows: 32 }

/** Terminals in a session; who is named last leads. */
const attached = async (box: Sandbox, ...sizes: ReadonlyArray<Size>) => {
  const terminals: Array<Terminal> = []
  for (const size of sizes) {
    const t = await terminal(box, size)
    t.run("sesh dev")
    await t.prompt("$")
    terminals.push(t)
  }
  return terminals
}

/** The lines on the screen, without blank ones at the end. */
const screenLines = (t: Terminal) => t.screen().split("\n")

const shows = (t: Terminal, expected: ReadonlyArray<string>) =>
  until(`the terminal shows ${expected.join("|")}`, () => t.screen() === expected.join("\n"), t.screen)

/** Types in a terminal, which is to show exactly what comes of it. */
const usesAlone = async (t: Terminal, { cols, rows }: Size) => {
  t.run("clear; stty size")
  await shows(t, [`${rows} ${cols}`, "$"])
  t.run("seq 100")
  await shows(t, [...numbers(100 - rows + 2, 100), "$"])
  // Longer than a line: the shell wraps it where this window ends.
  const long = "x".repeat(cols + 5)
  t.paste(`: ${long}`)
  await shows(t, [...numbers(100 - rows + 3, 100), `$ : ${long.slice(0, cols - 4)}`, long.slice(cols - 4)])
  t.type("C-u")
  t.run("clear")
  await shows(t, ["$"])
}

describeWith(["tmux"], "terminals of different sizes in one session", () => {
  it.for<[string, ReadonlyArray<Size>]>([
    ["two, the smaller one first", [SMALL, USUAL]],
    ["two, the larger one first", [LARGE, USUAL]],
    ["three", [SMALL, LARGE, USUAL]]
  ])("%s: the client that types sees a screen of its own size", async ([, sizes]) => {
    const box = sandbox()
    const terminals = await attached(box, ...sizes)
    for (let round = 1; round <= 2; round++) {
      for (const [index, t] of terminals.entries()) await usesAlone(t, sizes[index]!)
    }
  })

  it("two: each sees the last lines and the prompt while the other types", async () => {
    const box = sandbox()
    const [small, large] = await attached(box, SMALL, LARGE) as [Terminal, Terminal]
    for (
      const [round, typing, looking] of [["one", small, large], ["two", large, small], ["three", small, large]] as const
    ) {
      typing.run(`clear; seq 60; echo ${round}`)
      await typing.shows(new RegExp(`^59\n60\n${round}\n\\$$`, "m"))
      await looking.shows(new RegExp(`^59\n60\n${round}\n\\$$`, "m"))
      typing.paste(`echo typed in round ${round}`)
      for (const t of [typing, looking]) {
        await t.shows(new RegExp(`^60\n${round}\n\\$ echo typed in round ${round}$`, "m"))
      }
      typing.type("C-u")
      for (const t of [typing, looking]) await t.shows(new RegExp(`^60\n${round}\n\\$$`, "m"))
      // Neither of them an old prompt below, or above the last lines.
      for (const t of [typing, looking]) {
        const shown = screenLines(t)
        expect(shown.slice(-4)).toEqual(["59", "60", round, "$"])
        expect(shown.filter((line) => line === "$")).toHaveLength(1)
      }
    }
  })

  it("two: the first key brings the whole screen in the window's own size, long lines in one piece", async () => {
    const box = sandbox()
    const [small, large] = await attached(box, SMALL, LARGE) as [Terminal, Terminal]
    const long = "abcdefghij".repeat(7)
    small.run(`clear; seq 60; echo ${long}`)
    await small.shows(/^(abcdefghij){2}\n\$$/m)
    large.paste("e")
    await shows(large, [...numbers(62 - LARGE.rows + 1, 60), long, "$ e"])
    small.paste("c")
    await shows(small, [...numbers(61 - SMALL.rows + 3, 60), long.slice(0, 50), long.slice(50), "$ ec"])
    large.paste("h")
    await shows(large, [...numbers(62 - LARGE.rows + 1, 60), long, "$ ech"])
    large.run("o done")
    await shows(large, [...numbers(64 - LARGE.rows + 1, 60), long, "$ echo done", "done", "$"])
    await small.shows(/^(abcdefghij){2}\n\$ echo done\ndone\n\$$/m)
  })

  it("two: what a program has drawn and does not draw again is shown to each as far as its window goes", async () => {
    const box = sandbox()
    // Rows that a small terminal does not have: it heaps them up in its last one.
    const rows = numbers(1, LARGE.rows).map((row) => `\\033[${row};1Hrow ${row}`).join("")
    writeFileSync(path.join(box.home, "program"), `stty -echo; printf '${rows}'; cat > typed`)
    const [small, large] = await attached(box, SMALL, LARGE) as [Terminal, Terminal]
    large.run("clear; sh program")
    const all = numbers(1, LARGE.rows).map((row) => `row ${row}`)
    await shows(large, all)
    const bottom = all.slice(-SMALL.rows)
    for (let round = 1; round <= 2; round++) {
      // The session is as small as the small one now: that much is shown, at the top, where the program counts from.
      small.run("key")
      for (const t of [small, large]) await shows(t, bottom)
      large.run("key")
      await shows(large, all)
      await shows(small, bottom)
    }
  })

  it("a smaller watcher sees the prompt and what is new", async () => {
    const box = sandbox()
    const [t] = await attached(box, USUAL) as [Terminal]
    t.run("clear; seq 100")
    await t.shows(/^99\n100\n\$$/m)
    const watcher = await terminal(box, SMALL)
    watcher.run("sesh --watch dev")
    await shows(watcher, [...numbers(100 - SMALL.rows + 2, 100), "$"])
    for (const word of ["one", "two", "three"]) {
      t.run(`echo ${word}`)
      await t.shows(new RegExp(`^${word}\n\\$$`, "m"))
      await watcher.shows(new RegExp(`^\\$ echo ${word}\n${word}\n\\$$`, "m"))
    }
    t.run("seq 200")
    await watcher.shows(/^198\n199\n200\n\$$/m)
    t.run("clear")
    await shows(watcher, ["$"])
    await t.shows(/^\$$/)
    expect(await box.sessions()).toMatchObject([{ info: { size: USUAL } }])
  })

  it("a larger watcher sees what a program puts at a row in that row", async () => {
    const box = sandbox()
    const [t] = await attached(box, SMALL) as [Terminal]
    // As apt and dpkg do: lines scroll above a last row that stays. Ten more lines with each Enter.
    writeFileSync(
      path.join(box.home, "program"),
      [
        "stty -echo; i=0; printf '\\033[1;11r'; echo > ready",
        "while read -r _; do",
        "  for _ in 1 2 3 4 5 6 7 8 9 10; do",
        "    i=$((i + 1)); printf '\\nwork %d\\0337\\033[12;1Hprogress %d\\0338' $i $i",
        "  done",
        "done"
      ].join("\n")
    )
    const works = (last: number) => [...numbers(last - 10, last).map((number) => `work ${number}`), `progress ${last}`]
    t.run("clear; seq 100; sh program")
    await box.file("ready")
    t.type("Enter", "Enter")
    await shows(t, works(20))
    const watcher = await terminal(box, LARGE)
    watcher.run("sesh --watch dev")
    await shows(watcher, works(20))
    const kept = (t: Terminal) => t.history().split("\n").filter((line) => /^(\d+|work \d+)$/.test(line))
    expect(kept(watcher)).toEqual(kept(t))
    for (const last of [30, 40]) {
      t.type("Enter")
      for (const each of [t, watcher]) await shows(each, works(last))
    }
  })

  it("the history stays whole in the terminal that types, whichever typed before", async () => {
    const box = sandbox()
    const [small, large] = await attached(box, SMALL, LARGE) as [Terminal, Terminal]
    large.run("clear; seq 40")
    await large.shows(/^40\n\$$/m)
    small.run("echo here")
    await small.shows(/^here\n\$$/m)
    large.run("seq 41 80")
    await large.shows(/^80\n\$$/m)
    const fresh = await terminal(box, LARGE)
    fresh.run("sesh dev")
    await fresh.shows(/^80\n\$$/m)
    const shown = fresh.history().split("\n")
    expect(shown.filter((line) => /^\d+$/.test(line))).toEqual(numbers(1, 80))
  })
})

describeWith(["tmux", "vim"], "terminals of different sizes in vim", () => {
  it("the one that types has it in its whole window, the other sees the same corner", async () => {
    const box = sandbox()
    writeFileSync(path.join(box.home, "text"), numbers(1, 60).map((line) => `line ${line}\n`).join(""))
    const [small, large] = await attached(box, SMALL, LARGE) as [Terminal, Terminal]
    const fills = (t: Terminal, rows: number, last?: string) =>
      until(`vim in ${rows} rows`, () => {
        const shown = screenLines(t)
        return shown[0] === "line 1" && shown[rows - 2] === `line ${rows - 1}` &&
          (last === undefined || shown.at(-1) === last)
      }, t.screen)
    /** The first key brings the size; what vim says meanwhile is gone with its next picture. */
    const says = async (t: Terminal, rows: number, words: string) => {
      t.type("l")
      await fills(t, rows)
      t.type(`:echo '${words}'`, "Enter")
      await fills(t, rows, words)
    }
    large.run("vim -u NONE -N text")
    await large.shows(/^line 1$/m)
    for (const word of ["one", "two"]) {
      await says(small, SMALL.rows, `small ${word}`)
      await until(
        "the same in the large one",
        () => screenLines(large).slice(0, SMALL.rows).join("\n") === small.screen(),
        large.screen
      )
      await says(large, LARGE.rows, `large ${word}`)
    }
    for (const t of [small, large]) expect(t.format("#{alternate_on}")).toBe("1")
    large.type(":q", "Enter")
    for (const t of [small, large]) await t.shows(/^\$ vim.*\n\$$/m)
    for (const t of [small, large]) expect(t.format("#{alternate_on}")).toBe("0")
  })
})

describeWith(["tmux", "less"], "a larger watcher", () => {
  it("has the session's screen at the top, whatever scrolls in it", async () => {
    const box = sandbox()
    const [t] = await attached(box, SMALL) as [Terminal]
    t.run("clear; seq 100")
    const prompt = [...numbers(100 - SMALL.rows + 2, 100), "$"]
    await shows(t, prompt)
    const watcher = await terminal(box, LARGE)
    watcher.run("sesh --watch dev")
    await shows(watcher, prompt)
    expect(watcher.history().split("\n")).toEqual(["% sesh --watch dev", ...numbers(1, 100), "$"])
    t.run("seq 60 | less")
    for (const each of [t, watcher]) await shows(each, [...numbers(1, SMALL.rows - 1), ":"])
    for (const _ of [1, 2, 3]) t.type("Enter")
    for (const each of [t, watcher]) await shows(each, [...numbers(4, SMALL.rows + 2), ":"])
    t.type("q")
    const quit = [...prompt.slice(1, -1), "$ seq 60 | less", "$"]
    for (const each of [t, watcher]) await shows(each, quit)
    // As top leaves: below the last row, which is the last.
    t.run("printf '\\033[1;1Hfirst\\033[99;1Hlast\\n'; seq 3")
    for (const each of [t, watcher]) await each.shows(/^last\n1\n2\n3\n\$$/m)
    expect(watcher.screen()).toBe(t.screen())
    t.run("seq 200 300")
    for (const each of [t, watcher]) await shows(each, [...numbers(300 - SMALL.rows + 2, 300), "$"])
    watcher.type("C-\\")
    await isClean(watcher)
    watcher.run("clear; seq 100")
    await shows(watcher, [...numbers(100 - LARGE.rows + 2, 100), "%"])
  })
})

/** Through these sizes a window is dragged: tmux does not wait between them. */
const DRAG: ReadonlyArray<Size> = [
  { cols: 79, rows: 24 },
  { cols: 70, rows: 20 },
  { cols: 61, rows: 17 },
  { cols: 40, rows: 10 },
  { cols: 57, rows: 13 },
  { cols: 90, rows: 26 },
  { cols: 120, rows: 40 },
  { cols: 101, rows: 31 }
]

describeWith(["tmux"], "a window that is dragged", () => {
  it("at a prompt: the session has its last size, and what follows is right", async () => {
    const box = sandbox()
    const [t] = await attached(box, USUAL) as [Terminal]
    t.run("seq 50")
    await t.shows(/^50\n\$$/m)
    for (let round = 1; round <= 2; round++) {
      await t.drag(DRAG)
      const last = DRAG.at(-1)!
      await until("its last size", async () => (await box.sessions())[0]!.info.size.cols === last.cols)
      await usesAlone(t, last)
      t.run("seq 50")
      await t.shows(/^50\n\$$/m)
      for (const { cols, rows } of DRAG.toReversed()) await t.resize(cols, rows)
      await until("its first size", async () => (await box.sessions())[0]!.info.size.cols === DRAG[0]!.cols)
      await usesAlone(t, DRAG[0]!)
    }
  })

  it("while a program writes: the last lines and the prompt are there", async () => {
    const box = sandbox()
    const [t] = await attached(box, USUAL) as [Terminal]
    t.run("clear; i=0; while [ ! -e enough ]; do i=$((i + 1)); echo line $i; done; echo end")
    await t.shows(/^line \d+$/m)
    for (let round = 1; round <= 3; round++) await t.drag(round % 2 === 1 ? DRAG : DRAG.toReversed())
    writeFileSync(path.join(box.home, "enough"), "")
    await t.shows(/^line \d+\nend\n\$$/m)
    const { cols, rows } = DRAG.at(-1)!
    await until("its last size", async () => (await box.sessions())[0]!.info.size.cols === cols)
    const shown = screenLines(t)
    expect(shown.length).toBeLessThanOrEqual(rows)
    const counted = shown.slice(0, -2).map((line) => Number(/^line (\d+)$/.exec(line)![1]))
    for (const [index, number] of counted.entries()) if (index > 0) expect(number).toBe(counted[index - 1]! + 1)
    // And the next client sees the same.
    const other = await terminal(box, { cols, rows })
    other.run("sesh dev")
    await other.shows(/^line \d+\nend\n\$$/m)
    const seen = screenLines(other)
    const common = Math.min(seen.length, shown.length)
    expect(seen.slice(-common)).toEqual(shown.slice(-common))
  })
})

describeWith(["tmux", "vim"], "a window that is dragged while vim is open", () => {
  it("is filled by vim, and so is a new one of that size", async () => {
    const box = sandbox()
    writeFileSync(path.join(box.home, "text"), numbers(1, 60).map((line) => `line ${line}\n`).join(""))
    const [t] = await attached(box, USUAL) as [Terminal]
    t.run("vim -u NONE -N text")
    await t.shows(/^line 1$/m)
    const { cols, rows } = DRAG.at(-1)!
    const filled = (t: Terminal) =>
      until(
        "vim fills the window",
        () => {
          const shown = screenLines(t)
          return numbers(1, rows - 1).every((number, index) => shown[index] === `line ${number}`) &&
            !shown[rows - 1]?.startsWith("line")
        },
        t.screen
      )
    await t.drag(DRAG)
    await filled(t)
    for (const { cols, rows } of [...DRAG.toReversed(), ...DRAG]) await t.resize(cols, rows)
    await filled(t)
    t.type("C-\\")
    await t.prompt()
    const other = await terminal(box, { cols, rows })
    for (const back of [t, other]) {
      back.run("sesh dev")
      await filled(back)
    }
    other.type(":q", "Enter")
    for (const each of [other, t]) await each.shows(/^\$ vim.*\n\$$/m)
  })
})
