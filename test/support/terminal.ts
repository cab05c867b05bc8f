import { spawnSync } from "node:child_process"
import type { Sandbox } from "./sandbox.ts"
import { until } from "./until.ts"

/** A person's terminal: a pane of a tmux server of its own. */
export interface Terminal {
  /** Types text, and keys by tmux's names (Enter, C-c, Escape, ...). */
  readonly type: (...keys: ReadonlyArray<string>) => void
  /** Types a line, and Enter. */
  readonly run: (line: string) => void
  /** Empties the screen at once, so that nothing is taken for the new that was there before, and types a line. */
  readonly fresh: (line: string) => void
  /** Types text as it is. */
  readonly paste: (text: string) => void
  /** Pastes from the clipboard: in brackets (mode 2004) if the program asked for them. */
  readonly clipboard: (text: string) => void
  /** Types bytes, given in hex. */
  readonly hex: (...bytes: ReadonlyArray<string>) => void
  /** Types bytes in two pieces, so that they arrive one after the other, and as close as may be. */
  readonly split: (first: ReadonlyArray<string>, second: ReadonlyArray<string>) => void
  /** What is on the screen, without trailing blanks. */
  readonly screen: () => string
  /** With colours and attributes, as SGR. */
  readonly colours: () => string
  /** With the lines above the screen. */
  readonly history: () => string
  /** Waits for the screen to show something. */
  readonly shows: (text: string | RegExp) => Promise<string>
  /**
   * Waits for a new prompt on the last line, none that was there when a key was typed: `% ` unless another is given.
   */
  readonly prompt: (prompt?: string) => Promise<void>
  /** Runs a command in the terminal's own shell and gives the last line of its output; empty when there is none. */
  readonly ask: (command: string) => Promise<string>
  /** The exit status of what ran last in the terminal's own shell. */
  readonly status: () => Promise<number>
  /** Gives the window another size, and waits until it has it. */
  readonly resize: (cols: number, rows: number) => Promise<void>
  /** Gives the window one size after the other, as dragging does, and waits for the last. */
  readonly drag: (sizes: ReadonlyArray<{ readonly cols: number; readonly rows: number }>) => Promise<void>
  /** What lies behind the text (`#rrggbb`): without it this terminal does not know, and does not say. */
  readonly background: (colour: string) => void
  /** Evaluates a tmux format for the pane, such as `#{cursor_x}`. */
  readonly format: (format: string) => string
  /** Closes the window: everything in it gets a hang-up. */
  readonly close: () => void
}

let servers = 0

/** Opens a terminal with a shell prompt (`% `) in the sandbox's home. */
export const terminal = async (
  box: Sandbox,
  { cols = 80, env, rows = 24 }: { readonly cols?: number; readonly rows?: number; readonly env?: NodeJS.ProcessEnv } =
    {}
): Promise<Terminal> => {
  const socket = `${box.home}/tmux-${servers++}`
  const tmux = (...args: ReadonlyArray<string>): string => {
    const [file, ...rest] = box.within(["tmux", "-S", socket, "-f", "/dev/null", ...args])
    const { status, stderr, stdout } = spawnSync(file, rest, {
      env: { ...box.env, ...env, PS1: "% " },
      cwd: box.home,
      encoding: "utf8"
    })
    if (status !== 0) throw new Error(`tmux ${args.join(" ")}: ${stderr}`)
    return stdout
  }
  tmux(
    ...["new-session", "-d", "-x", String(cols), "-y", String(rows)],
    ...["env", "-u", "TMUX", "-u", "TMUX_PANE", "TERM=xterm-256color", "sh", "-i"]
  )
  tmux("set-option", "-g", "window-size", "manual", ";", "set-option", "-g", "escape-time", "0")
  const screen = () => tmux("capture-pane", "-p").replace(/\s+$/, "")
  const shows = (text: string | RegExp) =>
    until(`the terminal shows ${text}`, () => {
      const now = screen()
      return (typeof text === "string" ? now.includes(text) : text.test(now)) && now
    }, screen)
  /** What was on the screen when something was typed last. */
  let before = ""
  const type = (...keys: ReadonlyArray<string>) => {
    before = screen()
    tmux("send-keys", ...keys)
  }
  const prompt = async (prompt = "%") => {
    await until(`the prompt ${prompt}`, () => {
      const now = screen()
      return now.split("\n").at(-1) === prompt && now !== before
    }, screen)
  }
  const format = (format: string) => tmux("display-message", "-p", format).trim()
  let asked = 0
  const resize = async (cols: number, rows: number) => {
    tmux("resize-window", "-x", String(cols), "-y", String(rows))
    // tmux takes its time to tell the kernel.
    const file = format("#{pane_tty}")
    const size = () => spawnSync("stty", ["-F", file, "size"], { encoding: "utf8" }).stdout.trim()
    await until(`a terminal of ${cols} by ${rows}`, () => size() === `${rows} ${cols}`, size)
  }
  const run = (line: string) => type("-l", line, ";", "send-keys", "Enter")
  await prompt()
  return {
    type,
    run,
    fresh: (line) => {
      before = ""
      tmux("send-keys", "-R", ";", "send-keys", "-l", line, ";", "send-keys", "Enter")
    },
    paste: (text) => type("-l", text),
    clipboard: (text) => {
      before = screen()
      tmux("set-buffer", text, ";", "paste-buffer", "-p")
    },
    hex: (...bytes) => type("-H", ...bytes),
    // tmux itself keeps them apart: it writes the first while it waits for a program that does nothing.
    split: (first, second) => type("-H", ...first, ";", "run-shell", "true", ";", "send-keys", "-H", ...second),
    screen,
    colours: () => tmux("capture-pane", "-p", "-e").replace(/\s+$/, ""),
    shows,
    prompt,
    history: () => tmux("capture-pane", "-p", "-S", "-").replace(/\s+$/, ""),
    ask: async (command) => {
      const mark = `:${++asked}`
      // As typed the mark is in quotes.
      run(`clear; ${command}; echo "${mark}"`)
      const screen = await shows(new RegExp(`^${mark}\\n%$`, "m"))
      return screen.split("\n").at(-3) ?? ""
    },
    status: async () => {
      const mark = `status ${++asked}:`
      run(`echo "${mark} $?"`)
      // What is typed before there is a prompt shows above it, and the answer behind it.
      const answer = new RegExp(`^(?:% )?${mark} (\\d+)\n%$`, "m")
      return Number(answer.exec(await shows(answer))![1])
    },
    resize,
    drag: async (sizes) => {
      for (const { cols, rows } of sizes) tmux("resize-window", "-x", String(cols), "-y", String(rows))
      const last = sizes.at(-1)
      if (last !== undefined) await resize(last.cols, last.rows)
    },
    background: (colour) => void tmux("set-option", "-g", "window-style", `bg=${colour}`),
    format,
    close: () => void spawnSync("tmux", ["-S", socket, "kill-server"])
  }
}
