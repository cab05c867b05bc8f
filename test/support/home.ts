import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { sandbox } from "./sandbox.ts"
import type { Terminal } from "./terminal.ts"

export const numbers = (from: number, to: number, prefix = "") =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`)

/** Lines of the user's own, from before there was a session. */
export const own = async (t: Terminal, count: number) => {
  t.run(`for i in $(seq ${count}); do echo own $i; done`)
  await t.shows(new RegExp(`^own ${count}\n%$`, "m"))
}

/** Leaves the session `dev` by its key. */
export const detach = async (t: Terminal) => {
  t.type("C-\\")
  await t.shows(/^\[detached from dev\]\n%$/m)
}

/** All that the terminal holds, those above the screen too. */
export const lines = (t: Terminal) => t.history().split("\n")

const COLOURS = "\x1b[1;31mred\x1b[0m \x1b[48;5;22mgreen\x1b[0m \x1b[4;38;2;1;2;3mline\x1b[0m äöü 漢字\n"

/** With files in it: `text`, of forty lines, some with wide characters, and `colours`, of one line. */
export const home = (env?: Record<string, string>) => {
  const box = sandbox(env)
  const text = numbers(1, 40, "line ").map((line, index) => index % 5 === 0 ? `${line} äöü 漢字 — “quoted”` : line)
  writeFileSync(path.join(box.home, "text"), `${text.join("\n")}\n`)
  writeFileSync(path.join(box.home, "colours"), COLOURS)
  return box
}
