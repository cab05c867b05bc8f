/** A user's ~/.ssh/config, as people write it: what works with `ssh host` works with sesh. */
import { assert, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import { hosts } from "../support/hosts.ts"
import { describeWithHosts } from "../support/needs.ts"
import { terminal } from "../support/terminal.ts"

/** Shared between a Mac and this machine, and with a forced terminal, a forward and a command of the user's own. */
const SHARED = `IgnoreUnknown UseKeychain,GSSAPIServerName
Host *
  UseKeychain yes
  AddKeysToAgent yes
  ForkAfterAuthentication yes
  RequestTTY force
  RemoteCommand echo mine
  LocalForward 127.0.0.1:1 127.0.0.1:1
  ExitOnForwardFailure yes
  ControlMaster auto
  ControlPath ~/.ssh/own-%C
  LogLevel QUIET
  ServerAliveInterval 0
  ConnectTimeout 1m
`

describeWithHosts("a user's own ~/.ssh/config", () => {
  for (const transport of ["openssh", "ssh2"] as const) {
    it(`keeps no host from being used, over ${transport}`, async () => {
      const { client } = await hosts(1, { env: { SESH_SSH: transport } })
      const config = path.join(client.home, ".ssh/config")
      fs.writeFileSync(config, `${SHARED}${fs.readFileSync(config, "utf8")}`)
      const { code, err, out } = await client.sesh(["@h1", "--exec", "dev", "--print", "--", "echo", "there"])
      assert.deepStrictEqual([out, err, code], ["there\n", "", 0])
      const t = await terminal(client)
      t.run("sesh @h1 shell")
      await t.prompt("h1$")
      t.run("echo in $SESH_SESSION")
      await t.shows("in shell")
      t.type("C-\\")
      await t.shows("[detached from shell on h1]")
      t.close()
      assert.deepStrictEqual(fs.readdirSync(path.dirname(config)).filter((name) => name.startsWith("own-")), [])
    })
  }

  it("with a word that ssh neither knows nor ignores is a mistake, which is quoted", async () => {
    const { client } = await hosts(1, { env: { SESH_SSH: "openssh" } })
    fs.appendFileSync(path.join(client.home, ".ssh/config"), "UseKeychain yes\n")
    const { code, err } = await client.sesh(["@h1"])
    assert.strictEqual(code, 1)
    assert.match(err, /[Bb]ad configuration option/)
  })
})
