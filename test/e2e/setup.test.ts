import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { completing } from "../support/completing.ts"
import { describeWith } from "../support/needs.ts"
import { type Sandbox, sandbox, SESH } from "../support/sandbox.ts"
import { BASH, BASH_COMPLETION, COMPINIT, FISH, ZSH } from "../support/shells.ts"

const root = path.resolve(import.meta.dirname, "../..")
const SETUP = path.join(root, "scripts/setup.mjs")
const DATA = ".local/share"

// Setup builds what is not built, and what is built with another PATH is another executable.
beforeAll(() => void spawnSync(process.execPath, [path.join(root, "scripts/ensure.mjs")]))

/** What npm run setup does, in the sandbox's home, where only these shells are in PATH. */
const setup = (box: Sandbox, shells: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) => {
  const bin = path.join(box.home, "shells")
  mkdirSync(bin, { recursive: true })
  for (const shell of shells) writeFileSync(path.join(bin, shell), "", { mode: 0o755 })
  const { status, stderr, stdout } = spawnSync(process.execPath, [SETUP], {
    env: { HOME: box.home, SHELL: "/bin/bash", PATH: bin, XDG_DATA_DIRS: path.join(box.home, "shared"), ...env },
    encoding: "utf8"
  })
  const installed = [...stderr.matchAll(/^sesh: installed (.*)$/gm)].map(([, file]) => path.relative(box.home, file!))
  return { status, stdout, stderr, installed }
}

describe("npm run setup", () => {
  it("installs the executable, the manual, and completion for the shells that are here, a line for each", async () => {
    const box = sandbox()
    const first = setup(box, ["bash", "zsh", "fish"])
    expect([first.status, first.stdout]).toEqual([0, ""])
    expect(first.installed).toEqual([
      ".local/bin/sesh",
      `${DATA}/man/man1/sesh.1`,
      `${DATA}/bash-completion/completions/sesh`,
      `${DATA}/fish/vendor_completions.d/sesh.fish`,
      `${DATA}/zsh/site-functions/_sesh`
    ])
    for (
      const [file, shell] of [[first.installed[2], "bash"], [first.installed[3], "fish"], [first.installed[4], "zsh"]]
    ) {
      const script = await box.sesh(["--completions", shell!])
      expect(readFileSync(path.join(box.home, file!), "utf8")).toBe(script.out)
    }
    const executable = path.join(box.home, first.installed[0]!)
    expect(statSync(executable).mode & 0o777).toBe(0o755)
    expect(readFileSync(executable).equals(readFileSync(SESH))).toBe(true)
    // Nothing but that, and no file of the user's.
    expect(box.made()).toEqual([".local", "shells"])
    expect(setup(box, ["bash", "zsh", "fish"])).toEqual(first)
  })

  it("installs nothing for shells that are not here", () => {
    const box = sandbox()
    expect(setup(box, ["zsh"]).installed.slice(2)).toEqual([`${DATA}/zsh/site-functions/_sesh`])
    expect(existsSync(path.join(box.home, DATA, "fish"))).toBe(false)
  })

  it("says what is left to do, until it is done", () => {
    const box = sandbox()
    const first = setup(box, ["bash", "zsh"])
    expect(first.stderr).toContain("fpath=(~/.local/share/zsh/site-functions $fpath)")
    expect(first.stderr).toContain("eval \"$(sesh --completions bash)\"")
    expect(first.stderr).toContain(".local/bin is not on your PATH")
    writeFileSync(path.join(box.home, ".zshrc"), "fpath=(~/.local/share/zsh/site-functions $fpath)\n")
    const loader = path.join(box.home, "shared/bash-completion/bash_completion")
    mkdirSync(path.dirname(loader), { recursive: true })
    writeFileSync(loader, "")
    const PATH = [path.join(box.home, "shells"), path.join(box.home, ".local/bin")].join(":")
    const second = setup(box, ["bash", "zsh"], { PATH })
    expect(second.stderr.trim().split("\n")).toEqual(
      second.installed.map((file) => `sesh: installed ${box.home}/${file}`)
    )
  })

  it("goes where the variables of the shells say", () => {
    const box = sandbox()
    const data = path.join(box.home, "data")
    const { installed } = setup(box, ["bash", "zsh", "fish"], {
      XDG_DATA_HOME: data,
      BASH_COMPLETION_USER_DIR: path.join(box.home, "bash")
    })
    expect(installed.slice(1)).toEqual([
      `${DATA}/man/man1/sesh.1`,
      "bash/completions/sesh",
      "data/fish/vendor_completions.d/sesh.fish",
      "data/zsh/site-functions/_sesh"
    ])
  })

  it("says in a line what cannot be written", () => {
    const box = sandbox()
    writeFileSync(path.join(box.home, ".local"), "")
    const { status, stderr } = setup(box, [])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sesh: cannot write \S+\/\.local\/bin\/sesh: (EEXIST|ENOTDIR)\n$/)
  })
})

const RUN = `'${process.execPath}' '${SETUP}' 2>/dev/null`

describeWith([...BASH.needs, BASH_COMPLETION, "tmux"], "bash after npm run setup", () => {
  it("completes, if it has the package bash-completion", async () => {
    const { completes } = await completing({ ...BASH, load: [RUN, `. ${BASH_COMPLETION}`] })
    await completes("sesh --ki", "sesh --kill ")
    await completes("sesh de", "sesh dev ")
  })
})

describeWith([...ZSH.needs, "tmux"], "zsh after npm run setup", () => {
  it("completes, with the directory in its fpath", async () => {
    const { completes } = await completing({
      ...ZSH,
      load: [RUN, "fpath=(~/.local/share/zsh/site-functions $fpath)", COMPINIT]
    })
    await completes("sesh --ki", "sesh --kill ")
    await completes("sesh de", "sesh dev ")
  })
})

describeWith([...FISH.needs, "tmux"], "fish after npm run setup", () => {
  it("completes", async () => {
    const { completes } = await completing({ ...FISH, load: [RUN] })
    await completes("sesh --ki", "sesh --kill ")
    await completes("sesh de", "sesh dev ")
  })
})

describeWith(["man"], "man after npm run setup", () => {
  it("finds sesh(1), wherever XDG_DATA_HOME is", () => {
    const box = sandbox()
    setup(box, [])
    for (const XDG_DATA_HOME of [undefined, path.join(box.home, "elsewhere")]) {
      const { stdout } = spawnSync("man", ["-w", "sesh"], {
        env: { HOME: box.home, XDG_DATA_HOME, PATH: `${box.home}/.local/bin:${process.env["PATH"]}` },
        encoding: "utf8"
      })
      expect(stdout).toBe(`${box.home}/.local/share/man/man1/sesh.1\n`)
    }
  })
})
