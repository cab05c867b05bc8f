/**
 * Installs for this user: the executable (one that is running is not disturbed), its manual page, and its completion
 * where the shells that are here look for one. No file that a user writes is touched.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { ensureBuilt, executable, manualPage } from "./ensure.mjs"
import { Failed, runMain, say } from "./steps.mjs"

const home = os.homedir()
const local = path.join(home, ".local")

/** As the XDG Base Directory Specification says: what is not absolute does not count. */
const dataHome = path.isAbsolute(process.env.XDG_DATA_HOME ?? "")
  ? process.env.XDG_DATA_HOME
  : path.join(local, "share")

const searchPath = (process.env.PATH ?? "").split(path.delimiter)

const shellFile = { bash: "~/.bashrc", zsh: "~/.zshrc" }

const pathHint = (dir) => {
  const shell = path.basename(process.env.SHELL ?? "sh")
  const shown = dir.replace(home, "$HOME")
  return shell === "fish"
    ? `fish_add_path ${dir}`
    : `echo 'export PATH="${shown}:$PATH"' >> ${shellFile[shell] ?? "~/.profile"}`
}

/** Another file until it is whole: meanwhile everybody reads and runs the old one. */
const put = (target, write) => {
  const beside = `${target}.${process.pid}`
  try {
    fs.mkdirSync(path.dirname(target), { recursive: true })
    try {
      write(beside)
      fs.renameSync(beside, target)
    } finally {
      fs.rmSync(beside, { force: true })
    }
  } catch (error) {
    throw new Failed(`cannot write ${target}: ${error.code ?? error}`)
  }
  say(`installed ${target}`)
}

const script = (shell) => {
  const { status, stdout } = spawnSync(executable, ["--completions", shell], { encoding: "utf8" })
  if (status !== 0) throw new Failed(`there is no completion for ${shell}: sesh exited with ${status}`)
  return stdout
}

/** Where distributions and package managers keep what all users share. */
const sharedData = [
  ...(process.env.XDG_DATA_DIRS || "/usr/local/share:/usr/share").split(":"),
  ...["/opt/homebrew/share", "/opt/local/share", "/home/linuxbrew/.linuxbrew/share"]
]

const hasBashCompletion = () =>
  sharedData.some((dir) => fs.existsSync(path.join(dir, "bash-completion", "bash_completion")))

/** Its first directory, in those of its versions that take several. */
const bashUserDir = process.env.BASH_COMPLETION_USER_DIR?.split(":")[0] || path.join(dataHome, "bash-completion")

const zshDir = path.join(dataHome, "zsh", "site-functions")

/** Whether the directory is in fpath is zsh's to say, and asking it takes as long as it takes to start. */
const zshKnows = () => {
  try {
    const config = fs.readFileSync(path.join(process.env.ZDOTDIR || home, ".zshrc"), "utf8")
    return config.includes(path.join("zsh", "site-functions"))
  } catch {
    return false
  }
}

/** Where each shell looks, and what is left to do for its user. */
const completions = {
  bash: {
    file: path.join(bashUserDir, "completions", "sesh"),
    hint: () =>
      hasBashCompletion() ? undefined : `bash needs the package bash-completion to find it. Without, add to ~/.bashrc:
  eval "$(sesh --completions bash)"`
  },
  fish: { file: path.join(dataHome, "fish", "vendor_completions.d", "sesh.fish"), hint: () => undefined },
  zsh: {
    file: path.join(zshDir, "_sesh"),
    hint: () =>
      zshKnows() ? undefined : `zsh finds it with this in ~/.zshrc, before compinit:
  fpath=(${zshDir.replace(home, "~")} $fpath)`
  }
}

await runMain(() => {
  ensureBuilt()
  const bin = path.join(local, "bin")
  put(path.join(bin, "sesh"), (file) => {
    fs.copyFileSync(executable, file)
    fs.chmodSync(file, 0o755)
  })
  // Beside the executable, whatever XDG_DATA_HOME is: man(1) looks at ../share/man of the directories in PATH.
  put(path.join(local, "share", "man", "man1", "sesh.1"), (file) => fs.copyFileSync(manualPage, file))
  for (const [shell, { file, hint }] of Object.entries(completions)) {
    if (!searchPath.some((dir) => fs.existsSync(path.join(dir, shell)))) continue
    put(file, (beside) => fs.writeFileSync(beside, script(shell)))
    const todo = hint()
    if (todo !== undefined) say(todo)
  }
  const onPath = searchPath.some((entry) => path.resolve(entry) === bin)
  if (!onPath) say(`${bin} is not on your PATH. Add it with:\n\n  ${pathHint(bin)}\n`)
  return 0
})
