import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { entriesOf } from "../../src/commands/language/help.ts"
import { verbs } from "../../src/commands/verbs.ts"
import { VERSION } from "../../src/schema/Version.ts"
import { sandbox, SESH } from "../support/sandbox.ts"

const root = path.resolve(import.meta.dirname, "../..")

/** Runs the executable with this environment and nothing else. */
const bare = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}, file = SESH) => {
  const { status, stderr, stdout } = spawnSync(file, args, { env, cwd: "/", encoding: "utf8" })
  return { status, stdout, stderr }
}

const version = { status: 0, stdout: `sesh ${VERSION}\n`, stderr: "" }

describe("the executable", () => {
  it("has the version of package.json", () => {
    expect(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")).version).toBe(VERSION)
    for (const flag of ["--version", "-V"]) expect(bare([flag])).toEqual(version)
  })

  it("explains itself, every form of it", () => {
    const { status, stderr, stdout } = bare(["--help"])
    expect([status, stderr]).toEqual([0, ""])
    for (const { form } of entriesOf(verbs)) expect(stdout).toContain(`\n  ${form}`)
    for (const word of ["SESH_DETACH_KEY", "255"]) expect(stdout).toContain(word)
    expect(bare(["-h"]).stdout).toBe(stdout)
  })

  it("needs no environment at all", () => {
    expect(bare(["--version"], { PATH: "" })).toEqual(version)
    expect(bare(["--help"]).status).toBe(0)
    const home = sandbox().home
    expect(bare([], { HOME: home })).toEqual({ status: 0, stdout: "", stderr: "" })
  })

  it("keeps a session with an empty PATH", async () => {
    const box = sandbox()
    const env = { HOME: box.home, SESH_SANDBOX: box.home, SHELL: "/bin/sh", PATH: "" }
    expect(await box.sesh(["dev", "-d"], { env })).toMatchObject({ code: 0, err: "" })
    expect(await box.sesh(["dev"], { env, input: "echo $SESH_SESSION > name\n" })).toMatchObject({ code: 0 })
    expect(await box.file("name")).toBe("dev\n")
    expect(await box.sesh(["--kill", "dev"], { env })).toMatchObject({ code: 0 })
  })

  it.for([
    "--inspect-brk=0",
    "--require /no/such/module",
    "--no-such-option"
  ])("does not look at what is meant for Node: NODE_OPTIONS=%s", async (NODE_OPTIONS) => {
    const box = sandbox({ NODE_OPTIONS })
    expect(await box.sesh(["--version"])).toMatchObject({ code: 0, out: version.stdout, err: "" })
    expect(await box.sesh(["dev", "-d"])).toMatchObject({ code: 0, out: "", err: "" })
    // What runs in the session is meant.
    expect(await box.sesh(["dev"], { input: `printenv NODE_OPTIONS > meant\n` })).toMatchObject({ code: 0 })
    expect(await box.file("meant")).toBe(`${NODE_OPTIONS}\n`)
    expect(await box.sesh(["--kill", "dev"])).toMatchObject({ code: 0, err: "[dev ended]\n" })
  })

  it("can be started by a Node program that talks to its children", async () => {
    const box = sandbox()
    const stdio = ["ignore", "pipe", "pipe", "ipc"] as const
    expect(await box.sesh(["dev", "-d"], { stdio: [...stdio] })).toMatchObject({ code: 0, out: "", err: "" })
    expect(await box.sesh(["dev"], { input: "printenv NODE_CHANNEL_FD > fd; echo end >> fd\n" })).toMatchObject({
      code: 0
    })
    expect(await box.file("fd")).toBe("end\n")
  })

  it("is one file: a copy elsewhere, under another name, is all there is to it", async () => {
    const box = sandbox()
    mkdirSync(path.join(box.home, "bin"))
    const copy = path.join(box.home, "bin", "another name")
    cpSync(SESH, copy)
    const env = { ...box.env, PATH: "/usr/bin:/bin" }
    const run = (...args: ReadonlyArray<string>) => bare(args, env, copy)
    expect(run("--version")).toEqual(version)
    expect(run("dev", "/", "-d")).toEqual({ status: 0, stdout: "", stderr: "" })
    expect(run("--names").stdout).toBe("dev\n")
    expect(await box.sesh(["dev"], { input: "echo here > \"$HOME/out\"\n" })).toMatchObject({ code: 0 })
    expect(await box.file("out")).toBe("here\n")
    expect(run("--kill", "dev")).toEqual({ status: 0, stdout: "", stderr: "[dev ended]\n" })
  })

  it("that is replaced or removed does not take its sessions along", async () => {
    const box = sandbox()
    const copy = path.join(box.home, "sesh")
    cpSync(SESH, copy)
    expect(bare(["dev", "-d"], box.env, copy).status).toBe(0)
    spawnSync("rm", [copy])
    expect(await box.sesh(["dev"], { input: "echo here > \"$HOME/out\"\n" })).toMatchObject({ code: 0 })
    expect(await box.file("out")).toBe("here\n")
    expect(await box.sesh(["--kill", "dev"])).toMatchObject({ code: 0, err: "[dev ended]\n" })
  })
})
