/** That the hosts of the tests are what the tests take them for. */
import { assert, it } from "@effect/vitest"
import { type Host, hosts, inNamespaces } from "../support/hosts.ts"
import { describeWithHosts } from "../support/needs.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

/** A dead link is noticed soon, and a host that is away does not hold anybody up. */
const IMPATIENT = ["ServerAliveInterval 1", "ServerAliveCountMax 2", "ConnectTimeout 2"]

describeWithHosts("hosts of a test's own", () => {
  it("are reached by their names, and are as a system sets a user up", async () => {
    const { client, hosts: [h1, h2, h3] } = await hosts(3)
    for (const { home, name } of [h1!, h2!, h3!]) {
      const { code, err, out } = await client.run("ssh", [
        name,
        "echo \"$HOME\"; pwd; command -v sesh; echo \"($PS1)\""
      ])
      assert.deepStrictEqual([code, out, err], [0, `${home}\n${home}\n(${name}$ )\n`, ""])
      const login = await client.run("ssh", [name, "exec bash -lc 'command -v sesh; hostname'"])
      const hostname = inNamespaces ? name : h1!.run("hostname").trim()
      assert.strictEqual(login.out, `${home}/.local/bin/sesh\n${hostname}\n`)
    }
  })

  it("have a shell on a terminal, with sesh in it, and sessions that outlive the connection", async () => {
    const { client, hosts: [h1] } = await hosts(1)
    const t = await terminal(client)
    t.run("ssh h1")
    await t.prompt("h1$")
    t.fresh("sesh dev")
    await t.prompt("h1$")
    t.run("echo in $SESH_SESSION")
    await t.shows("in dev")
    h1!.killConnections()
    await t.prompt()
    const { out } = await client.run("ssh", ["h1", "~/.local/bin/sesh --names"])
    assert.strictEqual(out, "dev\n")
  })

  it("are told of in known_hosts, or not", async () => {
    const { client } = await hosts(1, { known: false })
    const { code, err } = await client.run("ssh", ["-oBatchMode=yes", "h1", "true"])
    assert.strictEqual(code, 255)
    assert.include(err, "Host key verification failed")
  })

  for (
    const [fault, break_] of Object.entries<(host: Host) => void>({
      "a cut": ({ way }) => way.cut(),
      "a black hole on the way to it": ({ way }) => way.blackhole("to"),
      "a black hole on the way back": ({ way }) => way.blackhole("from")
    })
  ) {
    it(`go silent by ${fault}, and can be reached again when it heals`, async () => {
      const { client, hosts: [h1] } = await hosts(1, { ssh: IMPATIENT })
      const t = await terminal(client)
      t.run("ssh h1 'echo there; cat'")
      await t.shows("there")
      break_(h1!)
      await t.shows(/timeout|timed out|not responding|broken|reset/i)
      await t.prompt()
      assert.strictEqual((await client.run("ssh", ["h1", "true"])).code, 255)
      h1!.way.heal()
      assert.strictEqual((await client.run("ssh", ["h1", "true"])).code, 0)
    })
  }

  it("deliver what was typed into a short cut, once", async () => {
    const { client, hosts: [h1] } = await hosts(1)
    const t = await terminal(client)
    t.run("ssh h1")
    await t.prompt("h1$")
    h1!.way.cut()
    t.run("echo $((6 * 7))")
    h1!.way.heal()
    await t.shows(/^42$/m)
    t.run("exit")
    await t.prompt()
  })

  it("can be slow", async () => {
    const { client, hosts: [h1] } = await hosts(1)
    h1!.way.slow(400)
    const begun = performance.now()
    await client.run("ssh", ["h1", "head -c 800000 /dev/urandom"])
    // Two seconds, of which it may give a part at once. A busy machine makes it more, never less.
    assert.isAbove(performance.now() - begun, 1500)
    h1!.way.heal()
  })

  it("restart their sshd without a word to who is there, and lose them when they are told to", async () => {
    const { client, hosts: [h1] } = await hosts(1)
    const t = await terminal(client)
    t.run("ssh h1")
    await t.prompt("h1$")
    await h1!.stopSshd()
    assert.strictEqual((await client.run("ssh", ["h1", "true"])).code, 255)
    await h1!.startSshd()
    t.run("echo still $((40 + 2))")
    await t.shows("still 42")
    h1!.killConnections()
    await t.prompt()
    assert.strictEqual((await client.run("ssh", ["h1", "true"])).code, 0)
  })

  it("reboot: nothing of what ran there runs any more, but the files are there", async () => {
    const { client, hosts: [h1, h2] } = await hosts(2)
    for (const host of ["h1", "h2"]) {
      const { code, err } = await client.run("ssh", [host, "touch there; ~/.local/bin/sesh dev -d"])
      assert.strictEqual(code, 0, err)
    }
    await until("two daemons", () => [h1!, h2!].every((host) => [...host.processes().values()].join().includes("dev")))
    await h1!.reboot()
    const left = async (host: string) => (await client.run("ssh", [host, "ls; ls .sesh; ~/.local/bin/sesh --json"])).out
    assert.match(await left("h1"), /^there\ndev.json\ndev.sock\n.*"sessions":\[\]/)
    assert.include(await left("h2"), "\"name\":\"dev\"")
  })
})
