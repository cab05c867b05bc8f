/** A person at a terminal, in a session on another host, whose connection breaks. */
import { assert, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import { describe } from "vitest"
import { type Host, type Hosts, sharedHosts } from "../support/hosts.ts"
import { describeWithHosts } from "../support/needs.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

/** What is to be seen on the last row, whatever else is. */
const notice = (text: string | RegExp) => {
  const tail = typeof text === "string" ? text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") : text.source
  return new RegExp(`\\n ${tail}[^\\n]*$`)
}

const LOST = notice("connection to h1 lost")

/** No connection can be had until it is mended. */
const breakDown = async (host: Host) => {
  await host.stopSshd()
  host.killConnections()
}

const sitting = (lab: () => Hosts) => {
  let count = 0
  /** Attached to a session of its own, with something on its screen. */
  return async (): Promise<{ readonly t: Terminal; readonly name: string; readonly host: Host }> => {
    const { client, hosts: [host] } = lab()
    const name = `dev${count++}`
    const t = await terminal(client)
    t.fresh(`sesh @h1 ${name}`)
    await t.prompt("h1$")
    t.run("for i in $(seq 30); do echo line $i; done")
    await t.shows(/^line 30\nh1\$$/m)
    return { t, name, host: host! }
  }
}

const leave = async (t: Terminal, name: string) => {
  t.type("C-\\")
  await t.shows(new RegExp(`^\\[detached from ${name} on h1\\]\\n%$`, "m"))
  assert.strictEqual(await t.status(), 0)
  t.close()
}

/** A script's sesh, and what it has said so far. */
const started = (lab: () => Hosts, args: ReadonlyArray<string>) => {
  const running = lab().client.start(args, { stdio: ["pipe", "pipe", "pipe"] })
  let err = ""
  running.child.stderr!.on("data", (bytes) => {
    err += String(bytes)
  })
  const says = (line: string) => until(line, () => err.endsWith(`[connection to h1 ${line}]\n`), () => err)
  /** Its link breaks, and heals. */
  const breaks = async (host: Host) => {
    await breakDown(host)
    await says("lost, trying again")
    await host.startSshd()
    await says("is back")
  }
  return { ...running, breaks, err: () => err }
}

const SAID = "[connection to h1 lost, trying again]\n[connection to h1 is back]\n"

/** A script at a host, whose link breaks in the middle. */
const scripts = (lab: () => Hosts) => {
  it("--exec goes on when the link is back: with all of the output, once, and the status", async () => {
    const { hosts: [host] } = lab()
    const command = "echo begun; : > begun; until [ -e go ]; do sleep 0.05; done; echo done; exit 3"
    const job = started(lab, ["@h1", "--exec", "job", "--print", "--", "sh", "-c", command])
    await until("it runs", () => fs.existsSync(path.join(host!.home, "begun")))
    await job.breaks(host!)
    fs.writeFileSync(path.join(host!.home, "go"), "")
    const { code, out } = await job.result
    assert.deepStrictEqual([code, out, job.err()], [3, "begun\ndone\n", SAID])
    const there = () => fs.readdirSync(path.join(host!.home, ".sesh")).filter((name) => name.startsWith("job.ended"))
    await until("what was printed is not kept", () => there().join() === "job.ended", () => there().join())
  })

  it("--send types the rest when the link is back, and nothing twice", async () => {
    const { client, hosts: [host] } = lab()
    const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, index) => index % 251))
    const take = "stty raw -echo; head -c 1000 > first; until [ -e take ]; do sleep 0.05; done; " +
      "head -c 399000 > rest; : > all; cat"
    await client.sesh(["@h1", "raw", "-d", "--", "sh", "-c", take])
    const there = (name: string) => path.join(host!.home, name)
    const length = (name: string) => fs.statSync(there(name), { throwIfNoEntry: false })?.size ?? 0
    const sending = started(lab, ["@h1", "--send", "raw"])
    sending.child.stdin!.end(bytes)
    await until("some were typed", () => length("first") === 1000)
    await sending.breaks(host!)
    fs.writeFileSync(there("take"), "")
    assert.strictEqual((await sending.result).code, 0)
    await until("all were typed", () => fs.existsSync(there("all")))
    const typed = Buffer.concat([fs.readFileSync(there("first")), fs.readFileSync(there("rest"))])
    assert.isTrue(typed.equals(bytes))
    assert.strictEqual(sending.err(), SAID)
    await client.sesh(["@h1", "--kill", "raw"])
  })
}

/** What both ways of connecting do. */
const common = (lab: () => Hosts) => {
  const sit = sitting(lab)
  scripts(lab)

  it("a link that is cut is said on the last row, and when it heals the screen is as it was, and typing works", async () => {
    const { host, name, t } = await sit()
    const before = t.screen()
    host.way.cut()
    const during = await t.shows(LOST)
    assert.strictEqual(during.split("\n").slice(0, -1).join("\n"), before.split("\n").slice(0, -1).join("\n"))
    host.way.heal()
    await until("the screen is as it was", () => t.screen() === before, t.screen)
    t.run("echo $((6 * 7)) came")
    await t.shows(/^42 came\nh1\$$/m)
    await leave(t, name)
  })

  it("an sshd that is restarted, while the window gets another size and somebody types", async () => {
    const { host, name, t } = await sit()
    await breakDown(host)
    await t.shows(LOST)
    await t.resize(60, 12)
    await t.shows(notice(/connection to h1 lost, [^]*any key tries now/))
    t.run("stty size; echo $((6 * 7)) typed")
    await host.startSshd()
    const after = await t.shows(/^12 60\n42 typed\nh1\$$/m)
    assert.notInclude(after, "connection to")
    await leave(t, name)
  })

  it("a session that ended meanwhile ends here as it did there", async () => {
    const { host, name, t } = await sit()
    await breakDown(host)
    await t.shows(LOST)
    host.run(`~/.local/bin/sesh --kill ${name}`)
    await host.startSshd()
    await t.shows(new RegExp(`^\\[${name} on h1 ended\\]\\n%$`, "m"))
    // SIGHUP, as of a terminal that is closed.
    assert.strictEqual(await t.status(), 129)
    t.close()
  })
}

describeWithHosts("a session on another host, on a terminal,", () => {
  describe("by OpenSSH", () => {
    const lab = sharedHosts(1)
    const sit = sitting(lab)
    common(lab)

    it("a black hole is no reason to wait for ever: Ctrl-\\ gives up", async () => {
      const { host, name, t } = await sit()
      host.way.blackhole("from")
      await t.shows(notice(/connection to h1 lost, .*Ctrl-\\ gives up/))
      t.type("C-\\")
      await t.shows(new RegExp(`^\\[lost ${name} on h1: given up\\]\\n%$`, "m"))
      assert.strictEqual(await t.status(), 255)
      host.way.heal()
      t.fresh(`sesh @h1 ${name}`)
      await t.shows(/^line 30\nh1\$$/m)
      await leave(t, name)
    })

    it("a full-screen program is drawn again where the notice was", async () => {
      const { host, name, t } = await sit()
      t.run("clear; seq 100 | less")
      const before = await t.shows(/^22\n23\n:$/m)
      host.killConnections()
      await t.shows(LOST)
      await until("the screen is as it was", () => t.screen() === before, t.screen)
      t.type("G")
      await t.shows(/^100\n\(END\)$/m)
      t.type("q")
      await t.prompt("h1$")
      await leave(t, name)
    })

    it("a session that was replaced by another of its name is not taken for it", async () => {
      const { host, name, t } = await sit()
      await breakDown(host)
      await t.shows(LOST)
      host.run(`export SHELL=/bin/bash; ~/.local/bin/sesh --kill ${name}; ~/.local/bin/sesh ${name} -d`)
      await host.startSshd()
      await t.shows(new RegExp(`^\\[lost ${name} on h1: it has ended, and another session has its name\\]\\n%$`, "m"))
      assert.strictEqual(await t.status(), 255)
      t.close()
    })

    it("a host that was restarted has no session any more, and gets none", async () => {
      const { host, name, t } = await sit()
      await host.reboot()
      await t.shows(
        new RegExp(`^\\[lost ${name} on h1: its process is gone, as after a restart of the host\\]\\n%$`, "m")
      )
      assert.strictEqual(await t.status(), 255)
      assert.strictEqual(host.run("~/.local/bin/sesh --json"), "{\"version\":1,\"sessions\":[]}\n")
      t.close()
    })
  })

  describe("by ssh2", () => common(sharedHosts(1, { env: { SESH_SSH: "ssh2" } })))
})
