import { expect, it } from "vitest"
import { startupFile } from "../../scripts/shells.mjs"

it.each([
  ["bash", "linux", "~/.bashrc"],
  ["bash", "darwin", "~/.bash_profile"],
  ["zsh", "linux", "~/.zshrc"],
  ["zsh", "darwin", "~/.zshrc"],
  ["dash", "linux", "~/.profile"]
])("%s on %s is set up in the file that it reads in a terminal: %s", (shell, platform, file) => {
  expect(startupFile(shell, platform)).toBe(file)
})
