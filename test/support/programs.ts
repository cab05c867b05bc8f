import type { Terminal } from "./terminal.ts"
import { until } from "./until.ts"

/** A full-screen program, run in a home that has the files. */
export interface Program {
  readonly name: string
  readonly command: string
  /** What is on the screen when it is ready. */
  readonly ready: RegExp
  readonly quit: ReadonlyArray<string>
  /** It shows the same as long as nothing is typed. */
  readonly steady: boolean
}

export const VIM: Program = {
  name: "vim",
  command: "vim -u NONE -N -c 'set mouse=a' text",
  ready: /^line 1 .*\nline 2\n[^]*"text" 40L/,
  quit: [":q!", "Enter"],
  steady: true
}

export const PROGRAMS: ReadonlyArray<Program> = [
  VIM,
  { name: "less", command: "less --mouse text", ready: /^line 1 .*\nline 2\n[^]*\ntext$/, quit: ["q"], steady: true },
  { name: "htop", command: "htop", ready: /F1Help.*F10Quit/, quit: ["q"], steady: false }
]

/** Starts a program in the session and waits until it has said all that it says. */
export const start = async (t: Terminal, { command, name, ready }: Program) => {
  t.run(command)
  await t.shows(ready)
  if (name !== "vim") return
  // It asks the terminal who it is, and changes modes when it hears: by now it has.
  t.type(":echo 'all heard'", "Enter")
  await t.shows(/\nall heard$/)
  await until("the cursor is back in the text", () => t.format("#{cursor_x} #{cursor_y}") === "0 0")
}
