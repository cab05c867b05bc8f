/** What setup says of shells. */

const FILES = {
  zsh: "~/.zshrc",
  bash: "~/.bashrc"
}

/**
 * The file in which a user sets up a shell. On macOS each terminal starts a login shell, and bash reads another file
 * then (bash(1), INVOCATION). `platform` as in Node.
 */
export const startupFile = (shell, platform = process.platform) =>
  shell === "bash" && platform === "darwin" ? "~/.bash_profile" : FILES[shell] ?? "~/.profile"
