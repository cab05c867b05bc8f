import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

/** The shells, each with its own file that makes the prompt `$ `; dash has only the environment for it. */
const shells: Readonly<Record<string, readonly [file: string, content: string] | undefined>> = {
  bash: undefined,
  zsh: [".zshrc", "PROMPT='$ '\nunset HISTFILE\n"],
  fish: [".config/fish/config.fish", "set -g fish_greeting\nfunction fish_prompt\n  echo -n '$ '\nend\n"],
  dash: undefined
}

const inPath = (program: string): string =>
  (process.env["PATH"] ?? "").split(":").map((dir) => path.join(dir, program)).find((file) => existsSync(file)) ??
    program

/** `state`, `pgrp` and `tpgid` of a process (proc_pid_stat(5)). */
const stat = (pid: number) => {
  const [state, , group, , , foreground] = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, "").split(" ")
  return { state, isForeground: group === foreground }
}

/**
 * Waits until a program is there, runs, and gets the keys, and until the prompt it was started from is no longer the
 * last line.
 */
const runsInForeground = async (box: Sandbox, t: Terminal, command: string) => {
  const pid = await box.process(command)
  await until(`${command} is in the foreground`, () => stat(pid).isForeground && stat(pid).state !== "T")
  await until(`${command} is on the screen`, () => t.screen().split("\n").at(-1) !== "$", t.screen)
}

/** A terminal with a session that runs the shell. */
const start = async (shell: string) => {
  const box = sandbox()
  const config = shells[shell]
  if (config !== undefined) {
    const file = path.join(box.home, config[0])
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, config[1])
  }
  const t = await terminal(box)
  // fish keeps something in XDG_RUNTIME_DIR, or else in /tmp.
  t.run(`PS1='$ ' XDG_RUNTIME_DIR=$HOME SHELL=${inPath(shell)} sesh dev`)
  await t.prompt("$")
  return { box, t }
}

for (const shell of Object.keys(shells)) {
  describeWith([shell, "tmux"], shell, () => {
    it("shows its prompt and runs what is typed", async () => {
      const { box, t } = await start(shell)
      t.run("echo one two | tr a-z A-Z")
      await t.shows(/^ONE TWO\n\$$/m)
      expect((await box.sessions())[0]!.info.foreground).toContain(shell)
    })

    it("gets Ctrl-C through to what runs", async () => {
      const { box, t } = await start(shell)
      t.run("sleep 600")
      await runsInForeground(box, t, "sleep 600")
      t.type("C-c")
      await t.prompt("$")
      t.run("echo still here")
      await t.shows(/^still here\n\$$/m)
      expect([...box.processes().values()]).not.toContain("sleep 600")
    })

    it("stops by Ctrl-Z what runs, and goes on with it", async () => {
      const { box, t } = await start(shell)
      t.run("sleep 600")
      await runsInForeground(box, t, "sleep 600")
      t.type("C-z")
      await t.shows(/(stopped|suspended)/i)
      await t.prompt("$")
      expect(stat(await box.process("sleep 600")).state).toBe("T")
      t.run("fg")
      await runsInForeground(box, t, "sleep 600")
      t.type("C-c")
      await t.prompt("$")
      t.run("echo still here")
      await t.shows(/^still here\n\$$/m)
    })

    it("knows the terminal's size, also when that changes", async () => {
      const { box, t } = await start(shell)
      t.run("stty size")
      await t.shows(/^24 80\n\$$/m)
      await t.resize(100, 30)
      await until("the session has the new size", async () => (await box.sessions())[0]!.info.size.cols === 100)
      t.run("stty size")
      await t.shows(/^30 100\n\$$/m)
    })

    it("ends with exit 7, and so does sesh", async () => {
      const { t } = await start(shell)
      t.run("exit 7")
      await t.shows(/^\[dev ended\]\n%$/m)
      expect(await t.status()).toBe(7)
    })

    it("is as it was after a detach", async () => {
      const { t } = await start(shell)
      t.run("cd /usr")
      await t.shows(/^\$ cd \/usr\n\$$/m)
      t.paste("pw")
      await t.shows("$ pw")
      t.type("C-\\")
      await t.shows(/^\[detached from dev\]\n%$/m)
      t.fresh("sesh dev")
      // fish adds a suggestion.
      await t.shows(/^\$ pw/m)
      t.run("d")
      await t.shows(/^\/usr\n\$$/m)
    })
  })
}
