import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll, beforeAll } from "vitest"
import { masterArgs, sessionArgs, type SshProgram } from "../../../../src/layers/ssh/openssh/options.ts"
import { describeWith } from "../../../support/needs.ts"
import { hostNamed } from "../../../support/sshSuite.ts"

let dir: string
beforeAll(() => {
  dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-options-"))
})
afterAll(() => Fs.rmSync(dir, { recursive: true }))

const program = (config: string | undefined): SshProgram => ({ file: "ssh", config, persist: "10 minutes" })

const session = (ssh: SshProgram) =>
  sessionArgs(ssh, { host: hostNamed("web"), control: "/c/%", log: "/l", command: "true" })

const master = (ssh: SshProgram, options: Partial<Parameters<typeof masterArgs>[1]> = {}) =>
  masterArgs(ssh, {
    host: hostNamed("web"),
    control: "/c",
    log: "/l",
    batch: false,
    acceptNew: false,
    connectTimeout: 5000,
    patient: false,
    verbose: false,
    ...options
  })

/** What ssh makes of a configuration with these arguments: each keyword's first value. */
const effective = (text: string, args: (ssh: SshProgram) => ReadonlyArray<string>) => {
  const config = Path.join(dir, "config")
  Fs.writeFileSync(config, text)
  const printed = execFileSync("ssh", ["-G", ...args(program(config))], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  })
  const lines = printed.split("\n").map((line) => [line.split(" ")[0]!, line.slice(line.indexOf(" ") + 1)] as const)
  return (keyword: string) => lines.find(([name]) => name === keyword)?.[1]
}

describe("what sesh asks of ssh", () => {
  it("leaves to the user's configuration what it has no opinion on", () => {
    const args = (options: Partial<Parameters<typeof masterArgs>[1]>) => master(program(undefined), options).join(" ")
    assert.notMatch(args({ connectTimeout: undefined }), /ConnectTimeout/)
    assert.notMatch(args({}), /BatchMode|StrictHostKeyChecking|-F|IgnoreUnknown/)
    assert.include(args({ connectTimeout: 1 }), "ConnectTimeout=1 ", "0 would be no limit")
  })

  it("is as alert after a login as during one, or as patient", () => {
    assert.include(master(program(undefined)).join(" "), "ServerAliveCountMax=3")
    assert.include(master(program(undefined), { patient: true }).join(" "), "ServerAliveCountMax=60")
  })

  it("makes ssh expand no part of a path", () => {
    assert.include(session(program(undefined)).join(" "), "-S /c/%% ")
  })
})

describeWith(["ssh"], "what ssh makes of it, with the user's configuration", () => {
  it("words that the user's IgnoreUnknown names stay ignored", () => {
    const text = "IgnoreUnknown UseKeychain,Other*\nHost *\n  UseKeychain yes\n  OtherWord x\n"
    for (const args of [session, master]) assert.strictEqual(effective(text, args)("hostname"), "web")
  })

  it("words that it names not are a mistake when connecting, as they are for ssh", () => {
    assert.throws(() => effective("UseKeychain yes\n", master))
  })

  it("the user's values stand, whatever ours are", () => {
    const own = {
      addressfamily: "inet6",
      compression: "yes",
      connectionattempts: "3",
      connecttimeout: "33",
      forwardagent: "yes",
      identityfile: "/own/key",
      loglevel: "DEBUG",
      rekeylimit: "1048576 60",
      sendenv: "LC_*",
      setenv: "A=b c",
      stricthostkeychecking: "accept-new",
      streamlocalbindunlink: "yes",
      tcpkeepalive: "no",
      user: "me"
    }
    const text = Object.entries(own).map(([keyword, value]) =>
      `${keyword} ${keyword === "setenv" ? `"${value}"` : value}`
    )
    const got = effective(text.join("\n"), (ssh) => master(ssh, { connectTimeout: undefined }))
    for (const [keyword, value] of Object.entries(own)) assert.strictEqual(got(keyword), value, keyword)
  })
})
