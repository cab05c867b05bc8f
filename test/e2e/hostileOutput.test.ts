import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

const MIB = 1024 * 1024

/** Its own memory. */
const memory = (pid: number): number =>
  Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024

/** Commands of a shell by what they print. `rep TEXT N` prints a text that many times. */
const PRINTED: ReadonlyArray<readonly [string, string]> = [
  ...[..."LMSTZIb@PXABCDEFG`ade"].map((final) =>
    [`a huge count of CSI ${final}`, `printf 'x\\033[999999999${final}x\\033[9223372036854775808${final}'`] as const
  ),
  ["a cell with a million accents", "printf e; rep '\\314\\201' 1000000"],
  ["a string of 16 MB that does not end", "printf '\\033]2;'; rep 0123456789abcdef 1000000; printf '\\030'"],
  ["a title of 1 MB", "printf '\\033]2;'; rep title 200000; printf '\\007'"],
  ["queries of colours in bulk", "printf '\\033]4'; rep ';1;?' 300000; printf '\\007'"],
  ["moderate counts in bulk", "rep '\\033[24S\\033[24L\\033[2J\\033#8' 20000"],
  ["flips of the screen", "rep '\\033[?1049h\\033[?1049l' 100000"],
  [
    "a link drawn again and again",
    "seq -f '\\033[H\\033]8;;http://host/%.0f\\033\\link\\033]8;;\\033\\' 50000 | sed 's/\\\\033/\\x1b/g'"
  ]
]

/** Prints a text so many times; the shell's own printf makes its bytes. */
const REP = "rep() { yes \"$(printf \"$1\")\" | head -n $2 | tr -d '\\n'; }"

describeWith(["tmux"], "a session answers whatever its program prints", () => {
  it.each(PRINTED)("%s", async (_, printed) => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    const daemon = await box.daemon("dev")
    const before = memory(daemon)
    t.run(REP)
    await t.prompt("$")
    t.run(`clear; (${printed}); printf '\\030\\033\\\\\\033c'; clear; echo aft''er`)
    await t.shows(/^after\n\$$/)
    expect(memory(daemon) - before).toBeLessThan(64 * MIB)
    t.close()
    const again = await terminal(box)
    again.run("clear; sesh dev")
    await again.shows(/after\n\$$/)
  })

  it.each([
    ["the cursor", "\\033[6n"],
    ["the cursor after work", "\\033[2Jx\\033[999S\\033[6n"],
    ["modes and colours", "\\033[?1$p\\033[?u\\033]4;1;?;2;?\\007\\033[c"]
  ])("queries in bulk for %s, and typing reaches the program beside them", async (_, queries) => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    const daemon = await box.daemon("dev")
    const before = memory(daemon)
    t.run(REP)
    await t.prompt("$")
    t.run(`stty -echo -icanon; (rep '${queries}' 30000; printf '\\033[5n'; touch done) & cat >got`)
    const got = () => readFileSync(path.join(box.home, "got"), "latin1")
    await until("the program", () => existsSync(path.join(box.home, "got")))
    for (let word = 0; word < 5; word++) {
      t.type(`word-${word}`)
      await until("a word", () => got().includes(`word-${word}`), () => got().length)
    }
    await until("the end", () => existsSync(path.join(box.home, "done")))
    expect(memory(daemon) - before).toBeLessThan(64 * MIB)
    // Its terminal replies in order.
    await until("the last reply", () => got().includes("\x1b[0n"))
    t.type("C-c")
    t.run("stty sane; clear; echo aft''er")
    await t.shows(/^after\n\$$/)
  })
})
