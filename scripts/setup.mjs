/** Installs the executable for this user. Replaces one that is running without disturbing it. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { ensureBuilt, executable, runMain, say } from "./ensure.mjs"

const shellFile = { bash: "~/.bashrc", zsh: "~/.zshrc" }

const pathHint = (dir) => {
  const shell = path.basename(process.env.SHELL ?? "sh")
  const shown = dir.replace(os.homedir(), "$HOME")
  return shell === "fish"
    ? `fish_add_path ${dir}`
    : `echo 'export PATH="${shown}:$PATH"' >> ${shellFile[shell] ?? "~/.profile"}`
}

await runMain(() => {
  ensureBuilt()
  const dir = path.join(os.homedir(), ".local", "bin")
  const target = path.join(dir, "sesh")
  const beside = `${target}.${process.pid}`
  fs.mkdirSync(dir, { recursive: true })
  try {
    fs.copyFileSync(executable, beside)
    fs.chmodSync(beside, 0o755)
    fs.renameSync(beside, target)
  } finally {
    fs.rmSync(beside, { force: true })
  }
  say(`installed ${target}`)
  const onPath = (process.env.PATH ?? "").split(path.delimiter).some((entry) => path.resolve(entry) === dir)
  if (!onPath) say(`${dir} is not on your PATH. Add it with:\n\n  ${pathHint(dir)}\n`)
  return 0
})
