import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { type Sandbox, sandbox, SESH } from "./sandbox.ts"
import { type Terminal, terminal } from "./terminal.ts"
import { until } from "./until.ts"

/** A shell that completes sesh's words. */
export interface Completing {
  readonly name: string
  /** Files for its home. */
  readonly files?: Readonly<Record<string, string>>
  /** Starts it, with the prompt `$ `. */
  readonly command: string
  /** What is typed before the first completion. */
  readonly load: ReadonlyArray<string>
  /** Programs and files without which there is no such shell. */
  readonly needs: ReadonlyArray<string>
  /** How often Tab is pressed to see what there is. */
  readonly tabsToList: number
  /** Knows how to complete what follows another command. */
  readonly knowsCommands: boolean
  /** Takes sesh out of PATH; as in sh unless given. */
  readonly withoutSesh?: string
}

/** A terminal in which such a shell waits. */
export interface Typist {
  readonly box: Sandbox
  readonly t: Terminal
  /** Types on an empty screen, presses Tab, and waits for the line to become another; gives the whole screen. */
  readonly completes: (line: string, completed: string) => Promise<void>
  /**
   * Types on an empty screen, asks for the list, and waits until it has these words; gives the screen below the line.
   */
  readonly lists: (line: string, words: ReadonlyArray<string>) => Promise<string>
  /**
   * Types on an empty screen and presses Tab: nothing is added, and nothing said. Not to be asked where words would be
   * listed.
   */
  readonly offersNothing: (line: string) => Promise<void>
  /** Runs something in the shell. */
  readonly run: (line: string) => Promise<void>
  /** The command lines of sesh since this was asked last. */
  readonly calls: () => ReadonlyArray<string>
}

const SESSIONS = ["dev", "dogs", "a.b-c_d"]

/** Writes down how it is called, and knows the hosts in a file. */
const SESH_THAT_TELLS = `#!/bin/sh
echo "$*" >> "$HOME/calls"
[ "$1" = --hosts ] && [ -e "$HOME/hosts" ] && exec cat "$HOME/hosts"
[ "$1" = --names ] && [ -e "$HOME/names$2" ] && exec cat "$HOME/names$2"
exec '${SESH}' "$@"
`

/** Starts the shell among three sessions, directories, files, and a command named `unusual`. */
export const completing = async (shell: Omit<Completing, "name">): Promise<Typist> => {
  const box = sandbox()
  for (const dir of ["projects", "my dir", "bin", ".config"]) mkdirSync(path.join(box.home, dir))
  for (
    const [file, content] of Object.entries({
      prose: "",
      "bin/unusual": "#!/bin/sh\n",
      "bin/sesh": SESH_THAT_TELLS,
      ...shell.files
    })
  ) {
    mkdirSync(path.dirname(path.join(box.home, file)), { recursive: true })
    writeFileSync(path.join(box.home, file), content, { mode: 0o755 })
  }
  for (const name of SESSIONS) {
    const { code, err } = await box.sesh([name, "-d"])
    if (code !== 0) throw new Error(err)
  }
  const t = await terminal(box, { cols: 120, rows: 40, env: { PATH: `${box.home}/bin:${box.env["PATH"]}` } })
  // fish keeps something in XDG_RUNTIME_DIR, or else in /tmp.
  t.run(`PS1='$ ' XDG_RUNTIME_DIR=$HOME ${shell.command}`)
  await t.prompt("$")
  let asked = 0
  const run = async (line: string) => {
    const mark = `done:${++asked}`
    // As typed the mark is in quotes.
    t.type("C-e", "C-u")
    t.run(`${line}; echo "${mark}"`)
    await until(`the end of ${line}`, () => t.screen().split("\n").slice(-2).join("\n") === `${mark}\n$`, t.screen)
  }
  for (const line of shell.load) await run(line)

  /** The screen is empty but for the line. */
  const type = async (line: string) => {
    t.type("C-e", "C-u", "C-l")
    await until("an empty line", () => t.screen() === "$", t.screen)
    t.paste(line)
    await until(`the line ${line}`, () => t.screen() === `$ ${line}`.trimEnd(), t.screen)
  }
  const column = () => Number(t.format("#{cursor_x}"))
  return {
    box,
    t,
    run,
    calls: () => {
      const file = path.join(box.home, "calls")
      const lines = readFileSync(file, "utf8").trim().split("\n")
      rmSync(file)
      return lines
    },
    completes: async (line, completed) => {
      await type(line)
      t.type("Tab")
      await until(
        `${line} becomes ${completed}`,
        () => t.screen() === `$ ${completed}`.trimEnd() && column() === completed.length + 2,
        t.screen
      )
    },
    lists: async (line, words) => {
      await type(line)
      for (let count = 0; count < shell.tabsToList; count++) t.type("Tab")
      const below = () => t.screen().split("\n").filter((shown) => !shown.startsWith("$ ")).join("\n")
      await until(
        `${line} lists ${words.join(" ")}`,
        () => words.every((word) => below().split(/\s+/).includes(word)),
        t.screen
      )
      return below()
    },
    offersNothing: async (line) => {
      await type(line)
      t.type("Tab")
      t.paste("x")
      await until(`${line} becomes nothing`, () => t.screen() === `$ ${line}x`, t.screen)
    }
  }
}
