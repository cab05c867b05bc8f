import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { XtermTerminal } from "../../src/layers/xterm/model.ts"
import { engine, points, recordings } from "../support/differential.ts"
import { describeWith } from "../support/needs.ts"
import { until } from "../support/until.ts"

const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-tmux-"))
const tmux = (...args: ReadonlyArray<string>): string =>
  execFileSync("tmux", ["-S", Path.join(folder, "socket"), "-f", "/dev/null", ...args], {
    env: { ...process.env, LANG: "C.UTF-8" },
    stdio: ["ignore", "pipe", "ignore"]
  }).toString()

const STAND = [
  "cursor_x",
  "cursor_y",
  "alternate_on",
  "cursor_flag",
  "mouse_any_flag",
  "mouse_sgr_flag",
  "keypad_flag",
  "keypad_cursor_flag",
  "origin_flag",
  "insert_flag",
  "wrap_flag",
  "scroll_region_upper",
  "scroll_region_lower"
].map((name) => `${name}=#{${name}}`).join(" ")

/** DEC line drawing, as tmux keeps it, and the characters that we send for it (vt100.net, DEC Special Graphics). */
const DRAWN: Readonly<Record<string, string>> = {
  "`": "◆",
  a: "▒",
  f: "°",
  g: "±",
  j: "┘",
  k: "┐",
  l: "┌",
  m: "└",
  n: "┼",
  o: "⎺",
  p: "⎻",
  q: "─",
  r: "⎼",
  s: "⎽",
  t: "├",
  u: "┤",
  v: "┴",
  w: "┬",
  x: "│",
  y: "≤",
  z: "≥",
  "{": "π",
  "|": "≠",
  "}": "£",
  "~": "·"
}

/** A screen as text: line drawing as characters, no attributes, no blanks at a line's end. */
const screen = (name: string): ReadonlyArray<string> => {
  let drawing = false
  return tmux("capture-pane", "-p", "-e", "-t", name).split("\n").map((line) =>
    line.replaceAll(/\x1b\[[0-9;:]*m|\x1b\][^\x1b]*\x1b\\|\x0e|\x0f|./g, (part) => {
      if (part === "\x0e" || part === "\x0f") {
        drawing = part === "\x0e"
        return ""
      }
      return part.startsWith("\x1b") ? "" : drawing ? DRAWN[part] ?? part : part
    }).trimEnd()
  )
}

/** A pane's title once it has taken all. */
const TAKEN = "all taken"

/** A pane that was written to, once it has taken all. */
const pane = async (name: string, bytes: Buffer, cols: number, rows: number) => {
  const file = Path.join(folder, name)
  Fs.writeFileSync(file, bytes)
  tmux(
    "new-session",
    "-d",
    "-s",
    name,
    "-x",
    `${cols}`,
    "-y",
    `${rows}`,
    `stty raw -echo; cat ${file}; printf '\\033]2;${TAKEN}\\033\\\\'; sleep 60`
  )
  await until(
    `the pane has taken ${name}`,
    () => tmux("display-message", "-p", "-t", name, "#{pane_title}").trim() === TAKEN
  )
  const state = { screen: screen(name), stand: tmux("display-message", "-p", "-t", name, STAND).trim() }
  tmux("kill-session", "-t", name)
  return state
}

/** Where tmux and xterm.js differ as terminals (docs/screen.md): wrapping at the margin, the UK character set. */
const NOT = new Set(["vttest", "vttest3"])

describeWith(["tmux"], "tmux, too, shows a restored screen as one that never left", () => {
  // One server for all: one that has just been told to go cannot be asked for a session.
  beforeAll(() => {
    tmux("new-session", "-d", "-s", "keeper", "sleep 600")
    tmux("set", "-g", "status", "off")
  })
  afterAll(() => {
    tmux("kill-server")
    Fs.rmSync(folder, { recursive: true, force: true })
  })
  const real = recordings().filter(({ name, resizes }) =>
    resizes.length === 0 && !name.startsWith("torture") && !NOT.has(name)
  )
  it.each(real.map((recording) => [recording.name, recording] as const))("%s", async (_, recording) => {
    const loaded = await engine
    for (const point of points(recording, 3, 5)) {
      const model = new XtermTerminal(loaded, recording, 5000)
      model.write(recording.bytes.subarray(0, point))
      const { cols, rows } = recording
      const live = await pane("live", recording.bytes.subarray(0, point), cols, rows)
      const back = await pane("back", Buffer.concat([...model.restore({ history: 2000 })]), cols, rows)
      model.dispose()
      assert.deepStrictEqual(back, live, `attached at byte ${point}`)
    }
  })
})
