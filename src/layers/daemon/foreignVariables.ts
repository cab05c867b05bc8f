/** The variables of an environment that do not belong into a session. */
import { readPreserved } from "../../schema/Variables.ts"

/**
 * Variables by which other programs know a window of theirs. A session outlives the creator's window and is shown in
 * others, so these would be wrong: a program would draw for another terminal, send commands to another window, or not
 * start as it believes itself inside. What only names a program or its version stays (COLORTERM, TERM_PROGRAM,
 * VTE_VERSION), and what configures it (TMUX_TMPDIR, ZELLIJ_CONFIG_DIR).
 */
const FOREIGN: ReadonlyArray<readonly [whose: string, ...names: ReadonlyArray<string>]> = [
  ["terminals of any kind", "WINDOWID", "TERM_SESSION_ID", "SHELL_SESSION_ID"],
  // A session has its own size, which changes.
  ["shells", "COLUMNS", "LINES"],

  // Keepers of sessions. With these, another of the kind refuses to start, or acts upon the outer one.
  ["tmux", "TMUX", "TMUX_PANE"],
  ["screen", "STY", "WINDOW", "TERMCAP"],
  ["zellij", "ZELLIJ", "ZELLIJ_SESSION_NAME", "ZELLIJ_PANE_ID"],
  ["zmx", "ZMX_SESSION"],
  ["shpool", "SHPOOL_SESSION_NAME", "SHPOOL_SESSION_DIR"],
  ["abduco", "ABDUCO_SESSION", "ABDUCO_SOCKET"],
  ["dvtm", "DVTM", "DVTM_WINDOW_ID", "DVTM_CMD_FIFO"],
  ["dtach's successors", "DTACH_SESSION", "ATCH_SESSION"],
  ["byobu", "BYOBU_BACKEND", "BYOBU_TTY"],

  // Terminals that can be told what to do: the socket or window of the creator's.
  ["kitty", "KITTY_WINDOW_ID", "KITTY_PID", "KITTY_LISTEN_ON", "KITTY_PUBLIC_KEY"],
  ["WezTerm", "WEZTERM_PANE", "WEZTERM_UNIX_SOCKET"],
  ["iTerm2", "ITERM_SESSION_ID"],
  ["Ghostty", "GHOSTTY_SURFACE_ID"],
  ["Alacritty", "ALACRITTY_WINDOW_ID", "ALACRITTY_SOCKET", "ALACRITTY_LOG"],
  ["Windows Terminal", "WT_SESSION", "WT_PROFILE_ID"],
  [
    "Konsole",
    ...["KONSOLE_DBUS_SERVICE", "KONSOLE_DBUS_SESSION", "KONSOLE_DBUS_WINDOW", "KONSOLE_DBUS_ACTIVATION_COOKIE"]
  ],
  // GNOME Terminal, Terminator, Tilix, Guake: VTE itself has only its version.
  ["terminals with VTE", "GNOME_TERMINAL_SCREEN", "GNOME_TERMINAL_SERVICE", "TERMINATOR_UUID", "TERMINATOR_DBUS_NAME"],
  ["the same", "TERMINATOR_DBUS_PATH", "TILIX_ID", "GUAKE_TAB_UUID"],
  ["urxvt", "RXVT_SOCKET"],

  // Editors with a terminal in them: `code` and `nvim` would open files in a window that is gone.
  ["VS Code", "VSCODE_IPC_HOOK", "VSCODE_IPC_HOOK_CLI", "VSCODE_INJECTION", "VSCODE_NONCE"],
  ["VS Code's git", "VSCODE_GIT_IPC_HANDLE", "VSCODE_GIT_IPC_AUTH_TOKEN"],
  ["Neovim", "NVIM", "NVIM_LISTEN_ADDRESS"],
  ["Vim", "VIM_TERMINAL", "VIM_SERVERNAME"],
  ["Emacs", "INSIDE_EMACS"]
]

const NAMES = new Set(FOREIGN.flatMap(([, ...names]) => names))

/** Values of TERM_PROGRAM that say "in a keeper", and so what to wrap sequences in. */
const KEEPERS = new Set(["screen", "tmux", "zellij"])

type Variables = Readonly<Record<string, string>>

/** An environment without them, but for those that the user wants all the same (`SESH_PRESERVE_ENV`). */
export const withoutForeign = (env: Variables): Record<string, string> => {
  const preserved = readPreserved(env["SESH_PRESERVE_ENV"])
  const kept = new Set(typeof preserved === "string" ? [] : preserved)
  const isInKeeper = KEEPERS.has(env["TERM_PROGRAM"] ?? "")
  return Object.fromEntries(
    Object.entries(env).filter(([name]) =>
      kept.has(name) || !(NAMES.has(name) || (isInKeeper && /^TERM_PROGRAM(?:_VERSION)?$/.test(name)))
    )
  )
}
