/** `sesh @host …`: what it does here it does there. */
import { assert, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import { describe } from "vitest"
import { HOSTILE } from "../support/hostile.ts"
import { type Hosts, sharedHosts } from "../support/hosts.ts"
import { describeWithHosts } from "../support/needs.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

const ARGUMENTS = path.resolve(import.meta.dirname, "../fixtures/arguments.mjs")

/** What a command line gives: standard output, standard error, status. */
const asking = ({ client }: Hosts) => async (...args: ReadonlyArray<string>) => {
  const { code, err, out } = await client.sesh(args)
  return [out, err, code]
}

const forms = (lab: () => Hosts) => {
  const sesh = (...args: ReadonlyArray<string>) => asking(lab())(...args)

  it("a host that sesh has not been on has no sessions, and is known from then on", async () => {
    const { client, hosts: [, h2] } = lab()
    assert.deepStrictEqual(await sesh("--hosts"), ["", "", 0])
    assert.deepStrictEqual(await sesh("@h2"), ["", "", 0])
    assert.deepStrictEqual(await sesh("--hosts"), ["h2\n", "", 0])
    assert.deepStrictEqual(await sesh("@h2", "--json"), ["{\"version\":1,\"sessions\":[]}\n", "", 0])
    const t = await terminal(client)
    assert.strictEqual(await t.ask("sesh @h2"), "No sessions on h2. Start one: sesh @h2 <name>")
    t.close()
    assert.isFalse(fs.existsSync(path.join(h2!.home, ".sesh")), "asking makes nothing there")
  })

  it("a session there is a login shell in the home there, and stays when it is left", async () => {
    const { client, hosts: [h1] } = lab()
    const t = await terminal(client)
    t.run("sesh @h1 dev")
    await t.prompt("h1$")
    t.run("shopt login_shell; echo in $SESH_SESSION at $PWD, $TERM, $LANG.")
    assert.match(
      await t.shows(/^in .*\.\nh1\$$/m),
      new RegExp(`^login_shell\\s+on\\nin dev at ${h1!.home}, xterm-256color, C.UTF-8\\.$`, "m")
    )
    t.type("C-\\")
    await t.shows(/^\[detached from dev on h1\]\n%$/m)
    assert.strictEqual(await t.status(), 0)
    t.fresh("sesh @h1 dev")
    await t.shows(/^in dev at/m)
    t.run("exit 7")
    await t.shows(/^\[dev on h1 ended\]\n%$/m)
    assert.strictEqual(await t.status(), 7)
    t.close()
  })

  it("the terminal there has the modes of the one here", async () => {
    const { client } = lab()
    const t = await terminal(client, { cols: 100 })
    t.run("stty erase '^H' intr '^]' -ixon -echoctl; sesh @h1 modes")
    await t.prompt("h1$")
    t.fresh(
      "stty -a | tr ';' '\\n' | grep -oE '^ *(erase|intr) = .*|-?(ixon|echoctl)' | tr -d ' ' | sort -u | tr '\\n' ,"
    )
    await t.shows("-echoctl,-ixon,erase=^H,intr=^],")
    t.close()
    assert.deepStrictEqual(await sesh("@h1", "--kill", "modes"), ["", "[modes on h1 ended]\n", 0])
  })

  it("a directory is seen from the home there, also if the shell here has put its own home before it", async () => {
    const { client, hosts: [h1] } = lab()
    fs.mkdirSync(path.join(h1!.home, "project/src"), { recursive: true })
    await sesh("@h1", "relative", "project", "-d")
    await sesh("@h1", "home", path.join(client.home, "project/src"), "-d")
    await sesh("@h1", "root", "/usr", "-d")
    const [listing] = await sesh("@h1")
    assert.match(
      String(listing),
      /^home +0 +\d+s +~\/project\/src +\S.*\nrelative +0 +\d+s +~\/project +.*\nroot +0 +\d+s +\/usr +/
    )
    assert.deepStrictEqual(await sesh("@h1", "none", "nowhere", "-d"), [
      "",
      "sesh: h1: cannot start session none: cannot start /bin/bash: " +
      `the directory "${h1!.home}/nowhere" does not exist\n`,
      1
    ])
    const [, said, code] = await sesh("@h1", "--kill", "home", "relative", "root")
    assert.deepStrictEqual(
      [String(said).trim().split("\n").toSorted(), code],
      [["[home on h1 ended]", "[relative on h1 ended]", "[root on h1 ended]"], 0]
    )
  })

  it("--exec ends as the command does, and prints what it wrote", async () => {
    const { hosts: [h1] } = lab()
    const run = (...command: ReadonlyArray<string>) => sesh("@h1", "--exec", "job", "--print", "--", ...command)
    assert.deepStrictEqual(await run("sh", "-c", "pwd; echo $SESH_SESSION; exit 3"), [`${h1!.home}\njob\n`, "", 3])
    assert.deepStrictEqual(await run("sh", "-c", "kill -TERM $$"), ["", "", 143])
    assert.deepStrictEqual((await run("no-such-program"))[2], 127)
    assert.deepStrictEqual((await run("/etc/passwd"))[2], 126)
    assert.deepStrictEqual(await sesh("@h1", "--exec", "job", "--print", "-C", "/usr", "--", "pwd"), ["/usr\n", "", 0])
    await sesh("@h1", "job", "-d")
    assert.deepStrictEqual(await run("true"), ["", "sesh: h1: a session named job is already there\n", 125])
    await sesh("@h1", "--kill", "job")
  })

  it("arguments arrive exactly as they were typed", async () => {
    const [out] = await sesh("@h1", "--exec", "args", "--print", "--", process.execPath, ARGUMENTS, ...HOSTILE)
    assert.deepStrictEqual(JSON.parse(String(out)), HOSTILE)
  })

  it("--send, --history, --wait, --detach and --kill do there what they do here", async () => {
    const { client, hosts: [h1] } = lab()
    assert.deepStrictEqual(await sesh("@h1", "work", "-d"), ["", "", 0])
    assert.deepStrictEqual(await sesh("@h1", "--send", "work", "echo $((6 * 7)) > answer; exit 9"), ["", "", 0])
    await until("it is typed", async () => String((await sesh("@h1", "--history", "work"))[0]).includes("exit 9"))
    const waiting = client.start(["@h1", "--wait", "work"])
    assert.deepStrictEqual(await sesh("@h1", "--send", "work", "--enter"), ["", "", 0])
    assert.deepStrictEqual(await waiting.result.then(({ code, err }) => [code, err]), [9, ""])
    assert.strictEqual(fs.readFileSync(path.join(h1!.home, "answer"), "utf8"), "42\n")
    assert.deepStrictEqual(await sesh("@h1", "--wait", "work"), ["", "", 9])
    for (const verb of ["--history", "--wait", "--watch", "--kill", "--detach"]) {
      assert.deepStrictEqual(await sesh("@h1", verb, "nope"), ["", "sesh: no session named nope on h1\n", 1])
    }
  })

  it("--watch shows it and types nothing, until --detach", async () => {
    const { client, hosts: [h1] } = lab()
    await sesh("@h1", "film", "-d", "--", "sh", "-c", "echo begins; cat > typed")
    const t = await terminal(client)
    t.run("sesh @h1 --watch film")
    await t.shows(/^begins$/m)
    t.type("not for it", "Enter")
    assert.deepStrictEqual(await sesh("@h1", "--detach", "film"), ["", "[1 client of film on h1 detached]\n", 0])
    await t.shows(/^\[detached from film on h1.*\]\n%/m)
    assert.deepStrictEqual(await sesh("@h1", "--kill", "film"), ["", "[film on h1 ended]\n", 0])
    assert.strictEqual(fs.readFileSync(path.join(h1!.home, "typed"), "utf8"), "")
    t.close()
  })

  it("input from a pipe is typed, and its end detaches", async () => {
    const { client } = lab()
    await sesh("@h1")
    const { code, err } = await client.sesh(["@h1", "piped"], { input: "echo $((40 + 2))\n" })
    assert.deepStrictEqual([code, err], [0, "[detached from piped on h1]\n"])
    await until("it ran", async () => /^42$/m.test(String((await sesh("@h1", "--history", "piped"))[0])))
    await sesh("@h1", "--kill", "piped")
  })

  it("what is typed ahead is for the new session", async () => {
    const { client } = lab()
    await sesh("@h1")
    const t = await terminal(client)
    t.type("sesh @h1 ahead", "Enter", "echo $((6 * 7)) ahead; exit 3", "Enter")
    await t.shows(/^42 ahead\n(logout\n)?\[ahead on h1 ended\]\n%$/m)
    t.close()
  })

  it("what a shell says at login is nobody's answer", async () => {
    const { client, hosts: [, h2] } = lab()
    const file = path.join(h2!.home, ".bashrc")
    const before = fs.readFileSync(file, "utf8")
    fs.writeFileSync(file, `printf 'Welcome {"version":1}\\n\\033[31m\\007'; echo noise >&2\n${before}`)
    assert.deepStrictEqual(await sesh("@h2", "--exec", "job", "--print", "--", "echo", "said"), ["said\n", "", 0])
    assert.deepStrictEqual(await sesh("@h2", "--json"), ["{\"version\":1,\"sessions\":[]}\n", "", 0])
    const t = await terminal(client)
    t.run("sesh @h2 dev")
    await t.shows(/^Welcome .*\nnoise\nh2\$$/m)
    t.run("exit")
    await t.shows(/^\[dev on h2 ended\]\n%$/m)
    t.close()
    fs.writeFileSync(file, before)
  })

  it("where there is no sesh, and none can be put, one is told what is in the way", async () => {
    const { client, hosts: [, h2] } = lab()
    const file = path.join(h2!.home, ".local/bin/sesh")
    const program = fs.readlinkSync(file)
    fs.rmSync(file)
    fs.mkdirSync(file)
    const [out, err, code] = await sesh("@h2", "dev", "-d")
    assert.deepStrictEqual([out, code], ["", 1])
    assert.match(
      String(err),
      /^\[no sesh on h2 yet\]\nsesh: cannot put sesh on h2: ~\/\.local\/bin .*sesh is a directory\); move away .*\n$/
    )
    assert.strictEqual((await sesh("@h2", "--exec", "job", "--", "true"))[2], 125)
    for (const args of [["@h2"], ["@h2", "--kill", "dev"], ["@h2", "--history", "dev"]]) {
      const told = await sesh(...args)
      assert.deepStrictEqual([told[0], told[2]], ["", 1])
      assert.match(String(told[1]), /^sesh: there is no sesh on h2; run: sesh --deploy @h2\n$/)
    }
    fs.rmdirSync(file)
    fs.symlinkSync(program, file)
    assert.strictEqual((await client.sesh(["@h2", "dev", "-d"])).code, 0)
    await sesh("@h2", "--kill", "dev")
  })

  it("a host that there is not, and words that go nowhere", async () => {
    for (const args of [["@nowhere"], ["@nowhere", "dev", "-d"], ["@nowhere", "--kill", "dev"]]) {
      const [out, err, code] = await sesh(...args)
      assert.deepStrictEqual([out, code], ["", 1])
      assert.match(String(err), /^sesh: there is no host named nowhere; .*\n$/)
    }
    assert.notInclude(String((await sesh("--hosts"))[0]), "nowhere")
    for (const args of [["@-x"], ["@h1", "--export"], ["@h1", "--detach"], ["@h1", "--json", "dev"], ["@"]]) {
      assert.strictEqual((await sesh(...args))[2], 2, args.join(" "))
    }
  })
}

describeWithHosts("sessions on another host", () => {
  describe("by OpenSSH", () => forms(sharedHosts(2)))

  describe("by ssh2", () => forms(sharedHosts(2, { env: { SESH_SSH: "ssh2" } })))

  describe("that is not the one it was", () => {
    const lab = sharedHosts(2)

    it("is not spoken to until its key is forgotten, and the new one is recorded", async () => {
      const { client } = lab()
      const file = path.join(client.home, ".ssh/known_hosts")
      const before = fs.readFileSync(file, "utf8")
      const [one, other] = before.trimEnd().split("\n").map((line) => line.split(" "))
      fs.writeFileSync(file, `${one![0]} ${other!.slice(1).join(" ")}\n`)
      const say = async (SESH_SSH: string) => {
        const { code, err, out } = await client.sesh(["@h1", "dev", "-d"], { env: { ...client.env, SESH_SSH } })
        assert.strictEqual(out, "")
        return [code, err] as const
      }
      for (const transport of ["openssh", "ssh2"]) {
        const [code, err] = await say(transport)
        assert.strictEqual(code, 1)
        assert.match(err, /^sesh: the key of h1 is not the one on record .*\n$/)
        assert.include(err.replaceAll("'", ""), `then run: ssh-keygen -R ${one![0]} -f ${file}\n`)
      }
      assert.strictEqual((await client.sesh(["--hosts"])).out, "")
      const [, advice] = / then run: (.*)\n/.exec((await say("openssh"))[1])!
      assert.strictEqual((await client.run("sh", ["-c", advice!])).code, 0)
      assert.strictEqual(fs.readFileSync(file, "utf8"), "")
      assert.deepStrictEqual(await say("openssh"), [0, ""])
      assert.include(fs.readFileSync(file, "utf8"), one!.slice(1).join(" "))
      assert.deepStrictEqual(await say("ssh2"), [0, ""])
    })
  })
})
