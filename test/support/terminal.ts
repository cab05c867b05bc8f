import { spawnSync } from "node:child_process"
import type { Sandbox } from "./sandbox.ts"
import { until } from "./until.ts"

/** A person's terminal: a pane of a tmux server of its own. */
export interface Terminal {
  /** Types text, and keys by tmux's names (Enter, C-c, Escape, ...). */
  readonly type: (...keys: ReadonlyArray<string>) => void
  /** Types text as it is. */
  readonly paste: (text: string) => void
  /** Types bytes, given in hex. */
  readonly hex: (...bytes: ReadonlyArray<string>) => void
  /** What is on the screen, without trailing blanks. */
  readonly screen: () => string
  /** With the lines above the screen. */
  readonly history: () => string
  /** Waits for the screen to show something. */
  readonly shows: (text: string | RegExp) => Promise<string>
  readonly resize: (cols: number, rows: number) => void
  /** Evaluates a tmux format for the pane, such as `#{cursor_x}`. */
  readonly format: (format: string) => string
  /** Closes the window: everything in it gets a hang-up. */
  readonly close: () => void
}

let servers = 0

/** Opens a terminal with a shell prompt (`% `) in the sandbox's home. */
export const terminal = async (
  box: Sandbox,
  { cols = 80, rows = 24 }: { readonly cols?: number; readonly rows?: number } = {}
): Promise<Terminal> => {
  const socket = `${box.home}/tmux-${servers++}`
  const tmux = (...args: ReadonlyArray<string>): string => {
    const { status, stderr, stdout } = spawnSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], {
      env: { ...box.env, PS1: "% " },
      cwd: box.home,
      encoding: "utf8"
    })
    if (status !== 0) throw new Error(`tmux ${args.join(" ")}: ${stderr}`)
    return stdout
  }
  tmux(
    ...["new-session", "-d", "-x", String(cols), "-y", String(rows), "-e", "PS1=% "],
    ...["env", "-u", "TMUX", "-u", "TMUX_PANE", "TERM=xterm-256color", "sh", "-i"]
  )
  tmux("set-option", "-g", "window-size", "manual")
  tmux("set-option", "-g", "escape-time", "0")
  const screen = () => tmux("capture-pane", "-p").replace(/\s+$/, "")
  const shows = (text: string | RegExp) =>
    until(`the terminal shows ${text}`, () => {
      const now = screen()
      return (typeof text === "string" ? now.includes(text) : text.test(now)) && now
    }, screen)
  await shows(/^%/m)
  return {
    type: (...keys) => void tmux("send-keys", ...keys),
    paste: (text) => void tmux("send-keys", "-l", text),
    hex: (...bytes) => void tmux("send-keys", "-H", ...bytes),
    screen,
    history: () => tmux("capture-pane", "-p", "-S", "-").replace(/\s+$/, ""),
    shows,
    resize: (cols, rows) => void tmux("resize-window", "-x", String(cols), "-y", String(rows)),
    format: (format) => tmux("display-message", "-p", format).trim(),
    close: () => void spawnSync("tmux", ["-S", socket, "kill-server"])
  }
}
