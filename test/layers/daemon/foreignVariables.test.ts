import { assert, describe, it } from "@effect/vitest"
import { withoutForeign } from "../../../src/layers/daemon/foreignVariables.ts"

/** Of each program that knows its own windows by variables. */
const FOREIGN = [
  ...["TMUX", "TMUX_PANE", "STY", "WINDOW", "TERMCAP", "ZELLIJ", "ZELLIJ_SESSION_NAME", "ZELLIJ_PANE_ID"],
  ...["ZMX_SESSION", "SHPOOL_SESSION_NAME", "ABDUCO_SESSION", "ABDUCO_SOCKET", "KITTY_WINDOW_ID", "KITTY_LISTEN_ON"],
  ...["WEZTERM_PANE", "WEZTERM_UNIX_SOCKET", "ITERM_SESSION_ID", "TERM_SESSION_ID", "GHOSTTY_SURFACE_ID", "WT_SESSION"],
  ...["VSCODE_IPC_HOOK_CLI", "VSCODE_GIT_IPC_HANDLE", "NVIM", "NVIM_LISTEN_ADDRESS", "KONSOLE_DBUS_SESSION"],
  ...["KONSOLE_DBUS_WINDOW", "GNOME_TERMINAL_SCREEN", "TILIX_ID", "ALACRITTY_WINDOW_ID", "WINDOWID", "COLUMNS", "LINES"]
]

/** What configures those programs, or names a terminal without its window. */
const OWN = [
  ...["TMUX_TMPDIR", "ZELLIJ_CONFIG_DIR", "ZMX_DIR", "KITTY_INSTALLATION_DIR", "GHOSTTY_RESOURCES_DIR", "VTE_VERSION"],
  ...[
    "COLORTERM",
    "TERM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "WEZTERM_CONFIG_FILE",
    "PATH",
    "NVIM_APPNAME",
    "DISPLAY"
  ]
]

const all = (names: ReadonlyArray<string>) => Object.fromEntries(names.map((name) => [name, "1"]))

describe("the environment of a session", () => {
  it("has no variable by which another keeper, terminal or editor knows its window", () => {
    assert.deepStrictEqual(withoutForeign(all(FOREIGN)), {})
  })

  it("has all other variables", () => {
    assert.deepStrictEqual(withoutForeign(all(OWN)), all(OWN))
  })

  it("does not say that its terminal is another keeper", () => {
    const env = { TERM_PROGRAM: "tmux", TERM_PROGRAM_VERSION: "3.5" }
    assert.deepStrictEqual(withoutForeign(env), {})
    const plain = { TERM_PROGRAM: "iTerm.app", TERM_PROGRAM_VERSION: "3.5" }
    assert.deepStrictEqual(withoutForeign(plain), plain)
  })

  it("has those that SESH_PRESERVE_ENV names", () => {
    const env = { ...all(FOREIGN), SESH_PRESERVE_ENV: "NVIM, KITTY_WINDOW_ID" }
    assert.deepStrictEqual(Object.keys(withoutForeign(env)).toSorted(), [
      "KITTY_WINDOW_ID",
      "NVIM",
      "SESH_PRESERVE_ENV"
    ])
  })
})
