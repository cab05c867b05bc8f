import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
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
const setup = (
  box: Sandbox,
  shells: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv = {},
  args: ReadonlyArray<string> = []
) => {
  const bin = path.join(box.home, "shells")
  mkdirSync(bin, { recursive: true })
  for (const shell of shells) writeFileSync(path.join(bin, shell), "", { mode: 0o755 })
  const { status, stderr, stdout } = spawnSync(process.execPath, [SETUP, ...args], {
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

/** A program in a directory of the sandbox. */
const program = (box: Sandbox, dir: string, name: string, script: string) => {
  const file = path.join(box.home, dir, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return file
}

describe("npm run setup, where another program is called sesh", () => {
  const pathOf = (box: Sandbox, ...dirs: ReadonlyArray<string>) =>
    ["shells", ...dirs].map((dir) => path.join(box.home, dir)).join(":")

  it("says which one comes first on PATH, and the two ways out", () => {
    const box = sandbox()
    const other = program(box, "go/bin", "sesh", "echo sesh version 2.6")
    for (const dirs of [["go/bin", ".local/bin"], ["go/bin"]]) {
      const { status, stderr } = setup(box, [], { PATH: pathOf(box, ...dirs) })
      expect(status).toBe(0)
      expect(stderr.split("\n").slice(2)).toEqual([
        `sesh: typing sesh runs another one, ${other}, which comes first on your PATH.`,
        "Put this one before it: echo 'export PATH=\"$HOME/.local/bin:$PATH\"' >> ~/.bashrc, or give it another name: npm run setup -- --name NAME",
        ""
      ])
    }
    const fish = setup(box, [], { PATH: pathOf(box, "go/bin", ".local/bin"), SHELL: "/usr/bin/fish" })
    expect(fish.stderr).toContain(": fish_add_path --move \"$HOME/.local/bin\", or")
  })

  it("says nothing where this one comes first, by whatever way, nor of what cannot be run", () => {
    const box = sandbox()
    program(box, "go/bin", "sesh", "echo sesh version 2.6")
    mkdirSync(path.join(box.home, "links"))
    symlinkSync("../.local/bin/sesh", path.join(box.home, "links/sesh"))
    mkdirSync(path.join(box.home, "odd/sesh"), { recursive: true })
    program(box, "node_modules/.bin", "sesh", "echo npm puts this first")
    for (
      const dirs of [[".local/bin", "go/bin"], ["odd", "links", ".local/bin", "go/bin"], [
        "node_modules/.bin",
        ".local/bin"
      ]]
    ) {
      const { stderr } = setup(box, [], { PATH: pathOf(box, ...dirs) })
      expect(stderr.replaceAll(/^sesh: installed .*\n/gm, "")).toBe("")
    }
  })

  it("leaves it alone where it is in the way", () => {
    const box = sandbox()
    for (const [name, args] of [["sesh", []], ["tm", ["--name", "tm"]]] as const) {
      const other = program(box, ".local/bin", name, "echo sesh version 2.6")
      const { installed, status, stderr } = setup(box, [], {}, args)
      expect([status, installed]).toEqual([1, []])
      expect(stderr).toBe(
        `sesh: ${other} is another program. Move it away, or give this one another name: npm run setup -- --name NAME\n`
      )
      expect(readFileSync(other, "utf8")).toContain("2.6")
    }
    // Ours is replaced, whether it runs or not.
    for (const script of ["echo sesh 0.0.1", "exit 1\n: NODE_SEA_FUSE_"]) {
      program(box, ".local/bin", "sesh", script)
      expect(setup(box, []).installed[0]).toBe(".local/bin/sesh")
    }
  })
})

describe("npm run setup with a name", () => {
  it("installs everything under it, beside what is there", () => {
    const box = sandbox()
    const first = setup(box, ["bash", "zsh", "fish"])
    const before = first.installed.map((file) => statSync(path.join(box.home, file)))
    const shells = ["bash", "zsh", "fish"]
    const named = setup(box, shells, { SESH_NAME: "other", PATH: "/no" }, ["--name", "a.b-c"])
    expect(named.installed).toEqual([".local/bin/a.b-c", `${DATA}/man/man1/a.b-c.1`])
    const whole = setup(box, shells, { SESH_NAME: "a.b-c" })
    expect(whole.installed).toEqual([
      ".local/bin/a.b-c",
      `${DATA}/man/man1/a.b-c.1`,
      `${DATA}/bash-completion/completions/a.b-c`,
      `${DATA}/fish/vendor_completions.d/a.b-c.fish`,
      `${DATA}/zsh/site-functions/_sesh_as_a_b_c`
    ])
    expect(whole.stderr).toContain("eval \"$(a.b-c --completions bash)\"")
    const [command, , ...scripts] = whole.installed.map((file) => path.join(box.home, file))
    for (const [index, shell] of ["bash", "fish", "zsh"].entries()) {
      const { stdout } = spawnSync(command!, ["--completions", shell], { encoding: "utf8" })
      expect(readFileSync(scripts[index]!, "utf8")).toBe(stdout)
      expect(stdout).toMatch(/^# Completion of sesh/m)
      expect(stdout).not.toMatch(/\bsesh --|_sesh_ask/)
    }
    expect(first.installed.map((file) => statSync(path.join(box.home, file)).ino)).toEqual(before.map(({ ino }) => ino))
    expect(setup(box, shells, { SESH_NAME: "a.b-c" })).toEqual(whole)
  })

  it("says which of two commands runs by the name that it has now", () => {
    const box = sandbox()
    const other = program(box, "go/bin", "tm", "exit 1")
    const PATH = [path.join(box.home, "go/bin"), path.join(box.home, ".local/bin")].join(":")
    program(box, "go/bin", "sesh", "exit 1")
    expect(setup(box, [], { PATH }, ["--name=tm"]).stderr).toContain(`typing tm runs another one, ${other}, `)
    expect(setup(box, [], { PATH }, ["--name=tm2"]).stderr).not.toContain("another one")
  })

  it.each([
    [["--name", "a/b"], {}, /^sesh: "a\/b" is no name for a command\. It has letters, .*\n$/],
    [["--name=-x"], {}, /^sesh: "-x" is no name for a command\. .*\n$/],
    [["--name="], {}, /^sesh: "" is no name for a command\. .*\n$/],
    [["--name", ".."], {}, /^sesh: "\.\." is no name for a command\. .*\n$/],
    [[], { SESH_NAME: "a b\n" }, /^sesh: "a b\\n" is no name for a command\. .*\n$/],
    [["--name"], {}, /^sesh: Option '--name .*' argument missing\. Usage: npm run setup \[-- --name NAME\]\n$/],
    [["tm"], {}, /^sesh: Unexpected argument 'tm'\. Usage: .*\n$/]
  ])("refuses %j %j in a line", (args, env, message) => {
    const box = sandbox()
    const { status, stderr } = setup(box, [], env, args)
    expect([status, box.made()]).toEqual([1, ["shells"]])
    expect(stderr).toMatch(message)
  })
})

const RUN = `'${process.execPath}' '${SETUP}' 2>/dev/null`

/** The name has every kind of character that a name may have. */
const RUN_NAMED = `'${process.execPath}' '${SETUP}' --name my-s.x_2 2>/dev/null`

const completesNamed = async ({ completes }: Awaited<ReturnType<typeof completing>>) => {
  await completes("my-s.x_2 --ki", "my-s.x_2 --kill ")
  await completes("my-s.x_2 de", "my-s.x_2 dev ")
  await completes("my-s.x_2 --kill do", "my-s.x_2 --kill dogs ")
}

describeWith([...BASH.needs, BASH_COMPLETION, "tmux"], "bash after npm run setup", () => {
  it("completes, if it has the package bash-completion", async () => {
    const { completes } = await completing({ ...BASH, load: [RUN, `. ${BASH_COMPLETION}`] })
    await completes("sesh --ki", "sesh --kill ")
    await completes("sesh de", "sesh dev ")
  })

  it("completes the name that it was given", async () => {
    const path = "PATH=$HOME/.local/bin:$PATH"
    await completesNamed(await completing({ ...BASH, load: [RUN_NAMED, `. ${BASH_COMPLETION}`, path] }))
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

  it("completes the name that it was given", async () => {
    const fpath = "path=(~/.local/bin $path) fpath=(~/.local/share/zsh/site-functions $fpath)"
    await completesNamed(await completing({ ...ZSH, load: [RUN_NAMED, fpath, COMPINIT] }))
  })
})

describeWith([...FISH.needs, "tmux"], "fish after npm run setup", () => {
  it("completes", async () => {
    const { completes } = await completing({ ...FISH, load: [RUN] })
    await completes("sesh --ki", "sesh --kill ")
    await completes("sesh de", "sesh dev ")
  })

  it("completes the name that it was given", async () => {
    await completesNamed(await completing({ ...FISH, load: [RUN_NAMED, "set -x PATH $HOME/.local/bin $PATH"] }))
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

  it("finds it under another name", () => {
    const box = sandbox()
    setup(box, [], {}, ["--name", "tm"])
    const env = { HOME: box.home, PATH: `${box.home}/.local/bin:${process.env["PATH"]}`, LC_ALL: "C.UTF-8" }
    expect(spawnSync("man", ["tm"], { env, encoding: "utf8" }).stdout).toContain("sesh - named shell sessions")
  })
})
