/** A person in a session on a host that asks for a passphrase, also after the connection is lost. */
import { assert, it } from "@effect/vitest"
import { describe } from "vitest"
import { sharedHosts } from "../support/hosts.ts"
import { describeWithHosts } from "../support/needs.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

const PASSPHRASE = "sesame open"
const ASKED = /Enter passphrase for key '[^']*': ?$/
const WANTED = /\n h1 wants a login: Enter logs in, Ctrl-\\ gives up[^\n]*$/

const above = (screen: string) => screen.split("\n").slice(0, -1).join("\n")

describeWithHosts("a session on a host that asks for a passphrase,", () => {
  for (const [how, env] of [["OpenSSH", {}], ["ssh2", { SESH_SSH: "ssh2" }]] as const) {
    describe(`by ${how}`, () => {
      const lab = sharedHosts(1, { passphrase: PASSPHRASE, env })
      let count = 0

      const sit = async () => {
        const { client, hosts: [host] } = lab()
        // No connection is left of the test before.
        host!.killConnections()
        const name = `dev${count++}`
        const t = await terminal(client)
        t.fresh(`sesh @h1 ${name}`)
        await t.shows(ASKED)
        t.run(PASSPHRASE)
        await t.prompt("h1$")
        t.run("for i in $(seq 30); do echo line $i; done")
        await t.shows(/^line 30\nh1\$$/m)
        return { t, name, host: host!, history: () => host!.run(`~/.local/bin/sesh --history ${name}`) }
      }

      const leave = async (t: Terminal, name: string) => {
        t.type("C-\\")
        await t.shows(new RegExp(`^\\[detached from ${name} on h1\\]\\n%$`, "m"))
        assert.strictEqual(await t.status(), 0)
        t.close()
      }

      it("asks again on a screen of its own, and only once Enter is pressed: no answer is typed into the session", async () => {
        const { history, host, name, t } = await sit()
        const before = t.screen()
        host.killConnections()
        assert.strictEqual(above(await t.shows(WANTED)), above(before))
        t.run(PASSPHRASE)
        await t.shows(ASKED)
        t.run("wrong words")
        await until("it asks again", () => t.screen().split("Enter passphrase").length === 3, t.screen)
        assert.notMatch(t.screen(), /line|sesame|words/)
        t.run(PASSPHRASE)
        await until("the screen is as it was", () => t.screen() === before, t.screen)
        t.run("echo $((6 * 7)) came")
        await t.shows(/^42 came\nh1\$$/m)
        assert.notMatch(history(), /sesame|words/)
        assert.strictEqual(t.history().split("line 7\n").length, 2)
        await leave(t, name)
      })

      it("says why it lets nobody in, and a full-screen program is drawn again after the login", async () => {
        const { host, name, t } = await sit()
        t.run("clear; seq 100 | less")
        const before = await t.shows(/^22\n23\n:$/m)
        host.killConnections()
        await t.shows(WANTED)
        t.type("Enter")
        for (let time = 1; time <= 3; time++) {
          await until("it asks", () => t.screen().split("Enter passphrase").length === time + 1, t.screen)
          t.run("wrong words")
        }
        await t.shows(/\n h1 wants a login: [^\n]*\(h1 does not let us/)
        t.type("Enter")
        await t.shows(ASKED)
        t.run(PASSPHRASE)
        await until("the screen is as it was", () => t.screen() === before, t.screen)
        t.type("G")
        await t.shows(/^100\n\(END\)$/m)
        t.type("q")
        await t.prompt("h1$")
        await leave(t, name)
      })

      it("is given up at its notice and at its question, with a terminal that is as before", async () => {
        for (const [keys, isAsked] of [["C-\\", false], ["C-c", false], ["C-c", true], ["C-\\", true]] as const) {
          const { host, name, t } = await sit()
          host.killConnections()
          await t.shows(WANTED)
          if (isAsked) {
            t.type("Enter")
            await t.shows(ASKED)
          }
          t.type(keys)
          const after = await t.shows(new RegExp(`^\\[lost ${name} on h1: given up\\]\\n%$`, "m"))
          assert.notInclude(after, "wants a login")
          assert.match(after, /^line 30$/m)
          assert.strictEqual(await t.status(), 255)
          assert.strictEqual(await t.ask("stty -a | grep -o -w -e icanon -e echo | wc -l"), "2")
          t.close()
        }
      })
    })
  }
})
