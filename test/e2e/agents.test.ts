/** The ssh-agent of a person at a terminal, forwarded to a session on another host. */
import { it } from "@effect/vitest"
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, onTestFinished } from "vitest"
import { type Host, type Hosts, sharedHosts } from "../support/hosts.ts"
import { describeWithHosts } from "../support/needs.ts"
import type { Sandbox } from "../support/sandbox.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

let count = 0

/** An agent with a key of that name. Its socket. */
const agentWith = async (box: Sandbox, name: string): Promise<string> => {
  const file = path.join(box.home, `${name}${count++}`)
  const socket = `${file}.agent`
  const child = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" })
  onTestFinished(() => void child.kill("SIGKILL"))
  await until("the agent's socket", () => fs.existsSync(socket))
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file])
  execFileSync("ssh-add", ["-q", file], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  return socket
}

/** A terminal whose shell has that agent. */
const sitting = async (box: Sandbox, agent: string | undefined, env: NodeJS.ProcessEnv = {}): Promise<Terminal> => {
  const t = await terminal(box, { env: { ...env, SSH_AUTH_SOCK: agent } })
  onTestFinished(t.close)
  return t
}

/** The session's agent is the one with that key, now or soon: nothing waits for it. */
const has = async (t: Terminal, name: string) => {
  t.fresh(`until ssh-add -l | grep -w ${name}; do sleep 0.1; done`)
  await t.shows(new RegExp(`SHA256:\\S+ ${name} \\(ED25519\\)\\n[^\\n]*\\$$`))
}

const leave = async (t: Terminal) => {
  t.type("C-\\")
  await t.prompt()
}

const cut = async (t: Terminal, host: Host) => {
  host.killConnections()
  await t.shows("connection to h1 lost")
  await until("it is back", () => !t.screen().includes("connection to h1 lost"), t.screen)
}

const FORWARDING = { ssh: ["ForwardAgent yes"] }

const common = (lab: () => Hosts, env: NodeJS.ProcessEnv) => {
  it("the agent works in a new session, attached again over a new connection, and after the link was cut", async () => {
    const { client, hosts: [host] } = lab()
    const t = await sitting(client, await agentWith(client, "mine"), env)
    const name = `dev${count++}`
    t.run(`sesh @h1 ${name}`)
    await t.prompt("h1$")
    await has(t, "mine")
    await cut(t, host!)
    await has(t, "mine")
    await leave(t)
    host!.killConnections()
    t.fresh(`sesh @h1 ${name}`)
    await t.shows(/h1\$$/)
    await has(t, "mine")
    await cut(t, host!)
    await has(t, "mine")
    await leave(t)
    // Over the connection that is kept.
    t.fresh(`sesh ${name}`)
    await t.shows(/h1\$$/)
    await has(t, "mine")
    await leave(t)
  })

  it("of several clients that of the last one counts; when it leaves, that of who is still there", async () => {
    const { client } = lab()
    const [mine, yours] = [await agentWith(client, "mine"), await agentWith(client, "yours")]
    const name = `dev${count++}`
    const one = await sitting(client, mine, env)
    one.run(`sesh @h1 ${name}`)
    await one.prompt("h1$")
    await has(one, "mine")
    const two = await sitting(client, yours, env)
    two.fresh(`sesh @h1 ${name}`)
    await two.shows(/h1\$$/)
    await has(two, "yours")
    await has(one, "mine")
    const none = await sitting(client, undefined, env)
    none.fresh(`sesh @h1 ${name}`)
    await none.shows(/h1\$$/)
    await has(none, "mine")
    await has(two, "yours")
    await leave(two)
    await has(none, "mine")
    await leave(none)
    await leave(one)
  })

  it("a command that somebody waits for has it too, after the link was cut", async () => {
    const { client, hosts: [host] } = lab()
    const t = await sitting(client, await agentWith(client, "mine"), env)
    const go = path.join(host!.home, `go${count++}`)
    const script = `touch ${go}.on; until [ -e ${go} ]; do sleep 0.1; done; until ssh-add -l; do sleep 0.1; done`
    t.run(`clear; sesh @h1 --exec job${count++} --print -- sh -c "${script}"`)
    const isAsked = () => [...host!.processes().values()].some((command) => command.includes("--serve"))
    await until("the command runs", () => fs.existsSync(`${go}.on`) && !isAsked(), t.screen)
    const logins = () => host!.log().split("Accepted publickey").length
    const before = logins()
    host!.killConnections()
    await until("another connection", () => logins() > before, t.screen)
    fs.writeFileSync(go, "")
    await t.shows(/^256 SHA256:\S+ mine \(ED25519\)\n%$/m)
  })

  it("a login script that prints, and makes SSH_AUTH_SOCK a link of its own, also in the session", async () => {
    const { client, hosts: [host] } = lab()
    const rc = path.join(host!.home, ".bashrc")
    const before = fs.readFileSync(rc, "utf8")
    onTestFinished(() => fs.writeFileSync(rc, before))
    const link = "ln -sf \"$SSH_AUTH_SOCK\" ~/auth_sock; SSH_AUTH_SOCK=~/auth_sock"
    fs.writeFileSync(rc, `${before}echo welcome\n[ "$SSH_AUTH_SOCK" = ~/auth_sock ] || { ${link}; }\n`)
    const t = await sitting(client, await agentWith(client, "mine"), env)
    const name = `dev${count++}`
    t.run(`sesh @h1 ${name}`)
    await t.shows(/welcome\nh1\$$/)
    await has(t, "mine")
    await cut(t, host!)
    await has(t, "mine")
    await leave(t)
  })
}

describeWithHosts("the agent that is forwarded to a session", () => {
  describe("by OpenSSH", () => common(sharedHosts(1, FORWARDING), {}))
  describe("by ssh2", () => common(sharedHosts(1, FORWARDING), { SESH_SSH: "ssh2" }))

  describe("to a host that forwards no sockets", () => {
    const lab = sharedHosts(1, { ...FORWARDING, sshd: ["AllowStreamLocalForwarding no"] })
    it.each(["openssh", "ssh2"])("works all the same, by %s", async (SESH_SSH) => {
      const { client, hosts: [host] } = lab()
      const t = await sitting(client, await agentWith(client, "mine"), { SESH_SSH })
      t.run(`sesh @h1 ${SESH_SSH}`)
      await t.prompt("h1$")
      await cut(t, host!)
      await has(t, "mine")
      await leave(t)
    })
  })

  describe("of a login to the host", () => {
    const lab = sharedHosts(1)
    it("counts while that login is attached; then that of who attached from here", async () => {
      const { client } = lab()
      const [mine, yours] = [await agentWith(client, "mine"), await agentWith(client, "yours")]
      const one = await sitting(client, mine)
      one.run("ssh -A h1")
      await one.prompt("h1$")
      one.fresh("sesh dev")
      await one.shows(/h1\$$/)
      await has(one, "mine")
      const two = await sitting(client, yours)
      two.run("ssh -A h1")
      await two.prompt("h1$")
      two.fresh("sesh dev")
      await two.shows(/h1\$$/)
      await has(two, "yours")
      two.close()
      await has(one, "mine")
    })
  })
})
