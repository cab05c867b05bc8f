/**
 * Installs for this user: the executable (one that is running is not disturbed), its manual page, and its completion
 * where the shells that are here look for one. No file that a user writes is touched. `--name`, or SESH_NAME, is the
 * name of the command: `sesh` unless given.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { ensureBuilt, executable, manualPage } from "./ensure.mjs"
import { startupFile } from "./shells.mjs"
import { Failed, flags, outsideEnv, read, runMain, say } from "./steps.mjs"

const home = os.homedir()
const local = path.join(home, ".local")

/** As the XDG Base Directory Specification says: what is not absolute does not count. */
const dataHome = path.isAbsolute(process.env.XDG_DATA_HOME ?? "")
  ? process.env.XDG_DATA_HOME
  : path.join(local, "share")

/** The user's own, without what npm puts before it: for this folder, and for each one that it is in. */
const searchPath = outsideEnv().PATH.split(path.delimiter)
  .filter((dir) => path.isAbsolute(dir) && !dir.endsWith(path.join(path.sep, "node_modules", ".bin")))

/** Puts a directory first, wherever it is on the PATH before. */
const pathHint = (dir) => {
  const shell = path.basename(process.env.SHELL ?? "sh")
  const shown = dir.replace(home, "$HOME")
  return shell === "fish"
    ? `fish_add_path ${searchPath.includes(dir) ? "--move " : ""}"${shown}"`
    : `echo 'export PATH="${shown}:$PATH"' >> ${startupFile(shell)}`
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

/** What the command is called. */
const readName = () => {
  const given = flags({ name: { type: "string" } }, "npm run setup [-- --name NAME]")
  const name = given.name ?? (process.env.SESH_NAME || "sesh")
  if (!/^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/.test(name) || /^\.+$/.test(name)) {
    const rule = "It has letters, digits, dots, dashes and underscores, and does not begin with a dash"
    throw new Failed(`${JSON.stringify(name)} is no name for a command. ${rule}.`)
  }
  return name
}

/** An executable made of Node's, or the command of the npm package, whether it runs or not; or what says it is sesh. */
const isSesh = (file) => {
  const { stdout } = spawnSync(file, ["--version"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 10_000
  })
  if (/^sesh \d+\.\d+\.\d+/.test(stdout ?? "")) return true
  const text = read(file) ?? ""
  return text.includes("NODE_SEA_FUSE") || text.includes("npm installed no executable")
}

/** A file that this user may run, if that is asked. */
const isFile = (file, mode = fs.constants.F_OK) => {
  try {
    fs.accessSync(file, mode)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

const NAMING = "npm run setup -- --name NAME"

const refuseOther = (file) => {
  if (!isFile(file) || isSesh(file)) return
  throw new Failed(`${file} is another program. Move it away, or give this one another name: ${NAMING}`)
}

/** Says what is left to do before typing the command runs this file. */
const sayWhoRuns = (name, file) => {
  const bin = path.dirname(file)
  const first = searchPath.map((dir) => path.join(dir, name)).find((found) => isFile(found, fs.constants.X_OK))
  if (first !== undefined && fs.realpathSync(first) !== fs.realpathSync(file)) {
    say(`typing ${name} runs another one, ${first}, which comes first on your PATH.
Put this one before it: ${pathHint(bin)}, or give it another name: ${NAMING}`)
  } else if (!searchPath.some((dir) => path.resolve(dir) === bin)) {
    say(`${bin} is not on your PATH. Add it with:\n\n  ${pathHint(bin)}\n`)
  }
}

const scriptFor = (shell, name) => {
  const { status, stdout } = spawnSync(executable, ["--completions", shell], { encoding: "utf8", argv0: name })
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

/** Where each shell looks for the completion of a command, and what is left to do for its user. */
const completions = (name) => ({
  bash: {
    fileOf: () => path.join(bashUserDir, "completions", name),
    hint: () =>
      hasBashCompletion()
        ? undefined
        : `bash needs the package bash-completion to find it. Without, add to ${startupFile("bash")}:
  eval "$(${name} --completions bash)"`
  },
  fish: { fileOf: () => path.join(dataHome, "fish", "vendor_completions.d", `${name}.fish`), hint: () => undefined },
  zsh: {
    // zsh calls the function of the file's name: the one that completes the command.
    fileOf: (script) => path.join(zshDir, /^ *compdef (\S+) /m.exec(script)[1]),
    hint: () =>
      zshKnows() ? undefined : `zsh finds it with this in ~/.zshrc, before compinit:
  fpath=(${zshDir.replace(home, "~")} $fpath)`
  }
})

await runMain(async () => {
  const name = readName()
  const command = path.join(local, "bin", name)
  refuseOther(command)
  await ensureBuilt()
  put(command, (file) => {
    fs.copyFileSync(executable, file)
    fs.chmodSync(file, 0o755)
  })
  // Beside the executable, whatever XDG_DATA_HOME is: man(1) looks at ../share/man of the directories in PATH.
  put(path.join(local, "share", "man", "man1", `${name}.1`), (file) => fs.copyFileSync(manualPage, file))
  for (const [shell, { fileOf, hint }] of Object.entries(completions(name))) {
    if (!searchPath.some((dir) => fs.existsSync(path.join(dir, shell)))) continue
    const script = scriptFor(shell, name)
    put(fileOf(script), (file) => fs.writeFileSync(file, script))
    const todo = hint()
    if (todo !== undefined) say(todo)
  }
  sayWhoRuns(name, command)
  return 0
})
