/** Sessions that would show themselves, over hosts that reach each other. */
import { assert, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import { beforeAll, describe } from "vitest"
import { type Hosts, sharedHosts } from "../support/hosts.ts"
import { describeWithHosts } from "../support/needs.ts"
import { ownSsh } from "../support/ownSsh.ts"
import type { Session } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"

/** The user has the same keys and the same configuration everywhere. */
const introduce = ({ client, hosts }: Hosts) => {
  const own = path.join(client.home, ".ssh")
  for (const { home } of hosts) {
    const ssh = path.join(home, ".ssh")
    fs.cpSync(own, ssh, { recursive: true })
    const config = path.join(ssh, "config")
    fs.writeFileSync(config, fs.readFileSync(config, "utf8").replaceAll(own, ssh), { mode: 0o600 })
    // On the loopback ssh would look into the home that the system knows.
    ownSsh(path.join(home, ".local/bin"), config)
  }
}

const clientsOf = async ({ client }: Hosts, host: string) => {
  const { sessions } = JSON.parse((await client.sesh([host, "--json"])).out) as { sessions: ReadonlyArray<Session> }
  return sessions.map(({ info, name }) => [name, info.clients.length])
}

const loops = (lab: () => Hosts) => {
  beforeAll(() => introduce(lab()))

  it("one that is where it runs, by way of ssh, is refused", async () => {
    const t = await terminal(lab().client, { cols: 120 })
    t.run("sesh @h1 loop")
    await t.prompt("h1$")
    for (const command of ["sesh @h1 loop", "sesh @h1 --watch loop"]) {
      t.run(`clear; ${command}; echo status $?`)
      await t.shows(/^sesh: h1: session loop is where you are, or shows it; detach from it first\nstatus 1\nh1\$$/m)
    }
    assert.deepStrictEqual(await clientsOf(lab(), "@h1"), [["loop", 1]])
    t.run("exit")
    await t.shows(/^\[loop on h1 ended\]\n%$/m)
    t.close()
  })

  it("one that shows it by way of another host is refused; another one of the same name is not", async () => {
    const t = await terminal(lab().client, { cols: 120 })
    t.run("sesh @h1 t1")
    await t.prompt("h1$")
    t.fresh("sesh @h2 t1")
    await t.prompt("h2$")
    t.run("clear; sesh @h1 t1; echo status $?")
    await t.shows(/^sesh: h1: session t1 is where you are, or shows it; detach from it first\nstatus 1\nh2\$$/m)
    // The outermost client takes the key.
    t.type("C-\\")
    await t.shows(/^\[detached from t1 on h1\]\n%$/m)
    assert.deepStrictEqual(await clientsOf(lab(), "@h1"), [["t1", 0]])
    assert.deepStrictEqual(await clientsOf(lab(), "@h2"), [["t1", 1]])
    assert.strictEqual((await lab().client.sesh(["@h1", "--kill", "t1"])).code, 0)
    assert.strictEqual((await lab().client.sesh(["@h2", "--kill", "t1"])).code, 0)
    t.close()
  })

  it("one that came to show it later is refused as well", async () => {
    const { client } = lab()
    const [t, other] = [await terminal(client, { cols: 120 }), await terminal(client, { cols: 120 })]
    t.run("sesh @h1 a")
    await t.prompt("h1$")
    t.fresh("sesh @h2 b")
    await t.prompt("h2$")
    other.run("sesh @h1 c")
    await other.prompt("h1$")
    other.fresh("sesh a")
    await other.shows(/h2\$$/)
    t.run("clear; sesh @h1 c; echo status $?")
    await t.shows(/^sesh: h1: session c is where you are, or shows it; detach from it first\nstatus 1\nh2\$$/m)
    assert.strictEqual((await client.sesh(["@h1", "--kill", "a", "c"])).code, 0)
    assert.strictEqual((await client.sesh(["@h2", "--kill", "b"])).code, 0)
    for (const one of [t, other]) one.close()
  })
}

describeWithHosts("in a session, one on a host", () => {
  describe("by OpenSSH", () => loops(sharedHosts(2)))
  describe("by ssh2", () => {
    const lab = sharedHosts(2, { env: { SESH_SSH: "ssh2" } })
    beforeAll(() => {
      for (const { home } of lab().hosts) fs.appendFileSync(path.join(home, ".bashrc"), "export SESH_SSH=ssh2\n")
    })
    loops(lab)
  })
})
