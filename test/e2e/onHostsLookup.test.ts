/** A name without a host: where is it? And all there is, on all hosts. */
import { assert, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import { beforeAll, describe } from "vitest"
import { type Hosts, sharedHosts } from "../support/hosts.ts"
import { describeWithHosts } from "../support/needs.ts"
import type { Session } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

interface Listed {
  readonly sessions: ReadonlyArray<Session>
  readonly hosts: ReadonlyArray<
    { readonly host: string; readonly sessions: ReadonlyArray<Session>; readonly problem?: string }
  >
}

const said = ({ client }: Hosts) => async (...args: ReadonlyArray<string>) => {
  const { code, err, out } = await client.sesh(args)
  return [out, err, code] as const
}

/** What is on which host: `web` on the first, `dev` on both, nothing called `nope`. */
const furnish = async (sesh: ReturnType<typeof said>) => {
  for (const [host, name] of [["@h1", "web"], ["@h1", "dev"], ["@h2", "dev"]] as const) {
    assert.deepStrictEqual(await sesh(host, name, "-d"), ["", "", 0])
  }
}

describeWithHosts("a session that is not here", () => {
  describe("by OpenSSH", () => {
    const lab = sharedHosts(3)
    const sesh = (...args: ReadonlyArray<string>) => said(lab())(...args)

    beforeAll(() => furnish(sesh))

    it("is found on the one host that has it, which is said", async () => {
      const { client } = lab()
      assert.deepStrictEqual(await sesh("--send", "web", "echo $((6 * 7))", "--enter"), ["", "[web is on h1]\n", 0])
      await until("it ran", async () => {
        const [out, err] = await sesh("--history", "web")
        return err === "[web is on h1]\n" && /^42$/m.test(out)
      })
      const t = await terminal(client)
      t.run("sesh web")
      await t.shows(/^42\nh1\$$/m)
      assert.include(t.history(), "\n[web is on h1]\n")
      assert.deepStrictEqual(await sesh("--detach", "web"), [
        "",
        "[web is on h1]\n[1 client of web on h1 detached]\n",
        0
      ])
      await t.shows(/^\[detached from web on h1.*\]\n%$/m)
      t.fresh("sesh --watch web")
      await t.shows(/^42\nh1\$$/m)
      t.type("C-c")
      await t.shows(/^\[detached from web on h1\]\n%$/m)
      t.close()
      const waiting = client.start(["--wait", "web"])
      await until("it is found", () => waiting.err().includes("[web is on h1]"))
      assert.deepStrictEqual(await sesh("--kill", "web"), ["", "[web is on h1]\n[web on h1 ended]\n", 0])
      assert.strictEqual((await waiting.result).code, 129)
    })

    it("and is on two hosts, is asked about in a terminal, and told about on a pipe", async () => {
      const { client } = lab()
      const [out, err, code] = await sesh("--history", "dev", "--ansi")
      assert.deepStrictEqual([out, code], ["", 1])
      const [first, ...commands] = err.trimEnd().split("\n")
      assert.strictEqual(first, "sesh: there are 2 sessions named dev; say which one:")
      assert.deepStrictEqual(commands.toSorted(), [
        "  sesh @h1 --history dev --ansi",
        "  sesh @h2 --history dev --ansi"
      ])
      const t = await terminal(client)
      t.run("sesh dev")
      const asked = await t.shows(
        /^There are 2 sessions named dev:\n {2}1\) @h. dev .*\n {2}2\) @h. dev .*\nWhich one\? .*$/m
      )
      t.run("3")
      await t.shows(/Which one\?[^]*Which one\?/)
      t.run(/1\) @h2/.test(asked) ? "1" : "2")
      await t.prompt("h2$")
      t.type("C-\\")
      await t.shows(/^\[detached from dev on h2\]\n%$/m)
      t.fresh("sesh --kill dev")
      await t.shows(/Which one\?.*$/)
      t.type("Enter")
      await t.shows(/^sesh: none was chosen\n%$/m)
      assert.strictEqual(await t.status(), 1)
      t.close()
    })

    it("nor anywhere else, is created here by its name alone, and by nothing else", async () => {
      const { client } = lab()
      assert.deepStrictEqual(await sesh("--kill", "nope"), ["", "sesh: no session named nope\n", 1])
      assert.deepStrictEqual(await sesh("--history", "dve"), [
        "",
        "sesh: no session named dve; did you mean @h1 dev or @h2 dev?\n",
        1
      ])
      const t = await terminal(client)
      t.run("sesh here")
      await t.prompt("$")
      assert.deepStrictEqual((await client.sessions()).map(({ name }) => name), ["here"])
      t.run("exit")
      await t.shows(/^\[here ended\]\n%$/m)
      t.close()
    })

    it("is made here, without a question to anybody, when it is told where", async () => {
      const { client, hosts: [h1] } = lab()
      h1!.way.cut()
      assert.deepStrictEqual(await sesh("dev", "-d"), ["", "", 0])
      h1!.way.heal()
      assert.deepStrictEqual((await client.sessions()).map(({ name }) => name), ["dev"])
      assert.deepStrictEqual(await sesh("--kill", "dev"), ["", "[dev ended]\n", 0])
    })

    it("may be on a host that is down: that is said, and asked about before a new one is created here", async () => {
      const { client, hosts: [, , h3] } = lab()
      assert.deepStrictEqual(await sesh("@h3", "db", "-d"), ["", "", 0])
      assert.strictEqual((await sesh("@h3", "--json"))[2], 0)
      h3!.way.cut()
      const [listing, killing] = await Promise.all([sesh("--json"), sesh("--kill", "db")])
      const found = (JSON.parse(listing[0]) as Listed).hosts
      assert.deepStrictEqual(found.map(({ host, problem }) => [host, problem === undefined]), [
        ["h1", true],
        ["h2", true],
        ["h3", false]
      ])
      assert.deepStrictEqual(found[2]!.sessions.map(({ name }) => name), ["db"])
      const [out, err, code] = killing
      assert.deepStrictEqual([out, code], ["", 1])
      assert.match(
        err,
        /^sesh: db was on h3 \d+[smh] ago: h3 .*\nsesh: db may be on h3; say where:\n {2}sesh @h3 --kill db\n$/
      )
      assert.strictEqual((await sesh("db"))[1].split("\n").at(-2), "  sesh db .")
      assert.deepStrictEqual(await client.sessions(), [])

      const t = await terminal(client, { cols: 100 })
      t.run("sesh")
      await t.shows(/^@h1 dev .*\n[^]*^asking h3 \.\.\.$/m)
      await t.shows(/^@h3 {2}\((gave no|does not) answer.*\)\n@h3 db +0 +\d+\w +~ .* \(as of \d+\w ago\)\n%$/m)
      t.fresh("sesh db")
      await t.shows(/^looking for db on h3 \.\.\.$/m)
      t.type("C-c")
      await t.shows(/^sesh db\n+%$/)
      assert.strictEqual(await t.status(), 130)
      t.fresh("sesh db")
      await t.shows(/^db may be on h3:\n {2}1\) go to h3, .*\n {2}2\) create .*\nWhich one\? .*$/m)
      assert.deepStrictEqual(await client.sessions(), [])
      t.run("2")
      await t.prompt("$")
      t.run("exit")
      await t.shows(/^\[db ended\]\n%$/m)
      t.close()
      h3!.way.heal()
      assert.strictEqual((await sesh("@h3", "--kill", "db"))[2], 0)
      const left = fs.readdirSync(path.join(client.dir, "ssh")).filter((name) => /^[fl]\d+-\d+$/.test(name))
      assert.deepStrictEqual(left, [], "what was left by those who did not wait")
    })

    it("a host that answers with what is no answer is shown as one that did not", async () => {
      const { client, hosts: [, , h3] } = lab()
      const program = path.join(h3!.home, ".local/bin/sesh")
      const real = fs.readlinkSync(program)
      const info = {
        name: "evil",
        id: "x",
        dir: "/\u001b]0;title\u0007\u202e",
        command: ["\u001b[31mred"],
        pid: 1,
        size: { cols: 80, rows: 24 },
        created: 1,
        active: 1,
        clients: [],
        foreground: `\u001b[2Jcleared\u009b${"x".repeat(500)}\nline`
      }
      const answer = JSON.stringify({
        version: 1,
        sesh: "9.9.9",
        protocol: { major: 1, minor: 1 },
        home: h3!.home,
        dir: `${h3!.home}/.sesh`,
        answer: { sessions: [{ name: "evil", info }, { name: "sly", problem: "\u001b[31m\u0007problem" }] }
      })
      fs.writeFileSync(path.join(h3!.home, "answer"), `${answer}\n`)
      const answers = async (script: string) => {
        fs.rmSync(program)
        fs.writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
        const [out, err, code] = await sesh("@h3")
        assert.notMatch(out + err, /[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
        return [out, err, code] as const
      }
      const [out, err, code] = await answers("cat ~/answer")
      assert.deepStrictEqual([err, code, out.trimEnd().split("\n").length], ["", 0, 2])
      assert.match(out, /^evil +0 .*cleared.*\nsly +- .*problem\)\n$/)
      assert.isBelow(Math.max(...out.split("\n").map((line) => line.length)), 300)
      for (
        const [script, why] of [
          ["yes", "answered with more than 16777216 bytes"],
          ["printf '\\033[2Jhello\\n'", "makes no sense"],
          ["printf '{\"version\":1}\\n'", "makes no sense"],
          ["printf '\\033]0;title\\007 is broken' >&2; exit 3", "makes no sense: .*is broken"],
          ["sed 's|\"home\":\"[^\"]*\"|\"home\":\"../..\"|' ~/answer", "makes no sense"],
          [":", "makes no sense"]
        ] as const
      ) {
        const [out, err, code] = await answers(script)
        assert.deepStrictEqual([out, code], ["", 1])
        assert.match(err, new RegExp(`^sesh: .*h3.*${why}.*\\n$`))
      }
      // It never ends, and nobody else waits for it longer than for a host that is away.
      fs.writeFileSync(program, "#!/bin/sh\nexec sleep 1000\n")
      const t = await terminal(client, { cols: 100 })
      t.run("sesh nope")
      await t.shows(/^sesh: h3 gave no answer in 1.5 s\n/m)
      await t.prompt("$")
      t.run("exit")
      await t.shows(/^\[nope ended\]\n%$/m)
      t.close()
      fs.rmSync(program)
      fs.symlinkSync(real, program)
    })
  })
})

describeWithHosts("what is typed while sesh looks for a session", () => {
  for (const transport of ["openssh", "ssh2"]) {
    const lab = sharedHosts(2, { env: { SESH_SSH: transport } })

    it(`is the session's, as it was typed, or the shell's where there is none (${transport})`, async () => {
      const { client, hosts: [, h2] } = lab()
      const sesh = said(lab())
      assert.deepStrictEqual(await sesh("@h1", "keys", "-d", "--", "sh", "-c", "stty raw; exec cat -v"), ["", "", 0])
      assert.strictEqual((await sesh("@h2", "--json"))[2], 0)
      h2!.way.cut()
      const t = await terminal(client)
      t.run("sesh keys")
      await t.shows(/^looking for keys on /m)
      t.run("make test")
      t.type("half")
      await t.shows(/make test\^Mhalf/)
      t.type("C-\\")
      await t.shows(/^\[detached from keys on h1\]\n%$/m)
      t.fresh("sesh --history nope")
      await t.shows(/^looking for nope on /m)
      t.run("echo $((6 * 7))")
      await t.shows(/\b42\n%$/m)
      t.close()
      assert.deepStrictEqual(await client.sessions(), [])
    })

    it(`is run by nobody after Ctrl-C (${transport})`, async () => {
      const { client, hosts: [, h2] } = lab()
      h2!.way.cut()
      const t = await terminal(client)
      t.run("sesh nope")
      await t.shows(/^looking for nope on /m)
      t.run("echo $((6 * 7))")
      t.type("C-c")
      await t.prompt("%")
      assert.strictEqual(await t.status(), 130)
      assert.notMatch(t.history(), /\b42$/m)
      t.close()
      assert.deepStrictEqual(await client.sessions(), [])
    })
  }
})

describeWithHosts("the listing of fifty hosts", () => {
  const lab = sharedHosts(2)

  it("has all of them, and each session once: they are two machines", async () => {
    const { client, hosts: all } = lab()
    const names = Array.from({ length: 50 }, (_, index) => `n${String(index + 1).padStart(2, "0")}`)
    const config = path.join(client.home, ".ssh/config")
    const blocks = fs.readFileSync(config, "utf8").split(/^(?=Host )/m).filter((block) => block.startsWith("Host "))
    const aliases = names.map((name, index) => blocks[index % 2]!.replace(/^Host .*/, `Host ${name}`))
    for (const { name } of all) await client.sesh([`@${name}`, `on-${name}`, "-d"])
    fs.appendFileSync(config, aliases.join(""))
    const state = path.join(client.home, ".local/state/sesh/remotes")
    for (const [index, name] of names.entries()) {
      const { name: other } = all[index % 2]!
      const known = JSON.parse(fs.readFileSync(path.join(state, `${other}.json`), "utf8")) as object
      fs.writeFileSync(path.join(state, `${name}.json`), JSON.stringify({ ...known, host: name }), { mode: 0o600 })
    }
    assert.strictEqual((await client.sesh(["--hosts"])).out, `${["h1", "h2", ...names].join("\n")}\n`)
    const first = await client.sesh([])
    assert.strictEqual(first.code, 0)
    for (const { name } of all) assert.include(first.out, ` on-${name} `)
    // They share one machine: when it is busy, not so many answer in the time of a listing, and who does not is asked
    // alone.
    const every = [...all.map(({ name }) => name), ...names]
    const namesIn = (sessions: Listed["sessions"]) => sessions.map(({ name }) => name).join(" ")
    const { hosts: found } = JSON.parse((await client.sesh(["--json"])).out) as Listed
    assert.deepStrictEqual(found.map(({ host }) => host), every)
    const answered = new Map(
      found.flatMap(({ host, problem, sessions }) => problem === undefined ? [[host, namesIn(sessions)] as const] : [])
    )
    for (const host of every.filter((name) => !answered.has(name))) {
      const alone = await client.sesh([`@${host}`, "--json"])
      answered.set(host, namesIn((JSON.parse(alone.out) as Listed).sessions))
    }
    for (const { name } of all) assert.strictEqual(answered.get(name), `on-${name}`)
    // Where a machine has not answered under the name that was used first, its session is under another.
    for (const [index, name] of names.entries()) assert.include(["", `on-h${index % 2 + 1}`], answered.get(name))
  }, 300_000)
})
