import { createServer } from "node:net"
import * as path from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { describeWith } from "../support/needs.ts"
import { sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"

/** Nothing is said there: only where it is matters. */
const agentAt = async (socket: string) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  onTestFinished(() => void server.close())
}

describeWith(["tmux"], "in a session", () => {
  it("SESH_SESSION is its name, the environment is its creator's, without the creator's multiplexer", async () => {
    const box = sandbox({ FROM_ME: "to you", TMUX: "/tmp/no,1,0", STY: "screen", COLUMNS: "7", LINES: "7" })
    // Wide enough for two long names of the home.
    const t = await terminal(box, { cols: 200 })
    t.run("FROM_ME='two words' TERM=screen-256color sesh dev")
    await t.prompt("$")
    t.run("echo \"<$SESH_SESSION><$FROM_ME><$TERM><$PWD><$HOME>\"")
    await t.shows(`\n<dev><two words><screen-256color><${box.home}><${box.home}>\n`)
    t.run("env | grep -c -e ^TMUX -e ^STY -e ^COLUMNS -e ^LINES")
    await t.shows(/^0\n\$$/m)
  })

  it("SSH_AUTH_SOCK leads to the agent of who attached or typed last", async () => {
    const box = sandbox()
    for (const agent of ["agent1", "agent2"]) await agentAt(path.join(box.home, agent))
    const t = await terminal(box)
    const where = "readlink -f $SSH_AUTH_SOCK"
    t.run("SSH_AUTH_SOCK=$HOME/agent1 sesh dev")
    await t.prompt("$")
    t.run(`${where}; echo $SSH_AUTH_SOCK`)
    await t.shows(`\n${box.home}/agent1\n${box.dir}/dev.agent\n`)
    const other = await terminal(box)
    other.run("SSH_AUTH_SOCK=$HOME/agent2 sesh dev")
    await other.shows("agent1")
    other.run(`clear; ${where}`)
    await other.shows(`${box.home}/agent2\n$`)
    // Typing is not held up for it.
    t.run(`clear; until [ "$(${where})" = ~/agent1 ]; do sleep 0.1; done; echo mine`)
    await t.shows(/^mine\n\$$/)
    t.type("C-\\")
    await t.prompt()
    // Who has none changes nothing.
    t.run("env -u SSH_AUTH_SOCK sesh dev")
    await t.prompt("$")
    t.run(`clear; ${where}; echo done`)
    await t.shows(`${box.home}/agent2\ndone\n$`)
  })

  it("without an agent SSH_AUTH_SOCK is not set; the link leads to that of who attaches all the same", async () => {
    const box = sandbox({ SSH_AUTH_SOCK: undefined })
    await agentAt(path.join(box.home, "agent"))
    await box.sesh(["dev", "-d"])
    const t = await terminal(box, { env: { SSH_AUTH_SOCK: `${box.home}/agent` } })
    t.run("sesh dev")
    await t.prompt("$")
    t.run("clear; echo ${SSH_AUTH_SOCK-unset}; readlink -f ~/.sesh/dev.agent")
    await t.shows(`unset\n${box.home}/agent\n$`)
  })

  it("the same session cannot be shown again", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    for (const command of ["sesh dev", "sesh --watch dev"]) {
      t.run(`clear; ${command}; echo status $?`)
      await t.shows(/^sesh: this is session dev already; detach from it first\nstatus 1\n\$$/)
    }
    expect((await box.sessions())[0]!.info.clients).toHaveLength(1)
  })

  it("only its own terminal is in it: on one that inherited its name it can be shown, and is not the one meant", async () => {
    const box = sandbox()
    const t = await terminal(box, { env: { SESH_SESSION: "dev" } })
    await box.sesh(["dev", "-d"])
    t.run("clear; sesh --detach; echo status $?")
    await t.shows(/^status 2$/m)
    t.run("clear; sesh dev")
    await box.clients("dev", 1)
    await t.prompt("$")
    t.run("clear; tty; echo $SESH_SESSION")
    await t.shows(/^\/dev\/pts\/\d+\ndev$/m)
    expect((await box.sessions())[0]!.info.clients[0]).not.toHaveProperty("within")
    t.run("clear; sesh --detach")
    await t.shows(/^\[detached from dev\]\n%$/m)
  })

  it("a session that shows it cannot be shown, another one can", async () => {
    const box = sandbox()
    const t = await terminal(box)
    for (const name of ["outer", "middle", "inner"]) {
      t.run(`clear; sesh ${name}`)
      await box.clients(name, 1)
      await t.prompt("$")
      t.run("echo in $SESH_SESSION")
      await t.shows(new RegExp(`^in ${name}$`, "m"))
    }
    t.run("clear; sesh outer; echo status $?")
    await t.shows(/^sesh: session outer shows inner, where you are; detach from it first\nstatus 1\n\$$/)
    // The outermost client takes the key.
    t.type("C-\\")
    await t.shows(/^\[detached from outer\]\n%$/m)
    expect((await box.sessions()).map(({ info, name }) => [name, info.clients.length])).toEqual([
      ["inner", 1],
      ["middle", 1],
      ["outer", 0]
    ])
  })
})

describeWith(["tmux"], "a watcher", () => {
  it("sees, does not type, does not resize", async () => {
    const box = sandbox()
    const [t, watcher] = [await terminal(box), await terminal(box, { cols: 60, rows: 20 })]
    t.run("sesh dev")
    await t.prompt("$")
    watcher.run("sesh --watch dev")
    await watcher.prompt("$")
    watcher.run("echo from the watcher")
    await watcher.resize(50, 15)
    t.run("stty size; echo from the owner")
    await t.shows(/^24 80\nfrom the owner\n\$$/m)
    await watcher.shows(/^24 80\nfrom the owner\n\$$/m)
    expect(t.screen()).not.toContain("watcher")
    watcher.type("C-\\")
    await watcher.shows(/^\[detached from dev\]\n%$/m)
    t.run("exit 3")
    await t.shows(/^\[dev ended\]\n%$/m)
  })

  it("leaves by Ctrl-C too, and gets the session's status when it ends", async () => {
    const box = sandbox()
    const [t, watcher] = [await terminal(box), await terminal(box)]
    t.run("sesh dev")
    await t.prompt("$")
    watcher.run("sesh --watch dev")
    await watcher.prompt("$")
    watcher.type("C-c")
    await watcher.shows(/^\[detached from dev\]\n%$/m)
    watcher.run("clear; sesh --watch dev")
    await watcher.prompt("$")
    t.run("exit 3")
    await watcher.shows(/^\[dev ended\]\n%$/m)
    expect(await watcher.status()).toBe(3)
    watcher.run("clear; sesh --watch dev")
    await watcher.shows(/^sesh: no session named dev\n%$/)
    expect(await watcher.status()).toBe(1)
  })
})
