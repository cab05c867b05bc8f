import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll, beforeAll } from "vitest"
import { type ConfigSource, jumpOf, parseJump, resolveHost } from "../../../../../src/layers/ssh/ssh2/config/config.ts"
import { matches, matchesHosts } from "../../../../../src/layers/ssh/ssh2/config/patterns.ts"
import { destinationOf } from "../../../../../src/schema/HostName.ts"
import { describeWith } from "../../../../support/needs.ts"

let dir: string
beforeAll(() => {
  dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-config-"))
})
afterAll(() => Fs.rmSync(dir, { recursive: true }))

const write = (name: string, text: string): string => {
  const path = Path.join(dir, name)
  Fs.mkdirSync(Path.dirname(path), { recursive: true })
  Fs.writeFileSync(path, text, { mode: 0o600 })
  return path
}

const source = (only: string): ConfigSource => ({
  home: Os.userInfo().homedir,
  uid: process.getuid!(),
  user: Os.userInfo().username,
  env: process.env,
  machine: Os.hostname(),
  only
})

/** The message of a failure. */
const problemOf = (result: Result.Result<unknown, Error>) => Result.getOrThrow(Result.flip(result)).message

const read = (text: string, host = "web") => resolveHost(source(write("one", text)), destinationOf(host))

const resolve = (text: string, host = "web") => Result.getOrThrow(read(text, host))

/** What ssh itself reads, as far as this transport uses it. */
const truth = (config: string, host: string) => {
  const printed = execFileSync("ssh", ["-F", config, "-G", "--", host], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  })
  const all = printed.split("\n").map((line) => [line.split(" ")[0]!, line.slice(line.indexOf(" ") + 1)] as const)
  const list = (name: string) => all.filter(([keyword]) => keyword === name).map(([, value]) => value)
  return { one: (name: string) => list(name)[0], list }
}

/** The defaults that ssh prints for settings that are not given. */
const DEFAULTS: Readonly<Record<string, string>> = {
  stricthostkeychecking: "ask",
  identitiesonly: "no",
  forwardagent: "no",
  hashknownhosts: "no",
  batchmode: "no",
  addressfamily: "any",
  numberofpasswordprompts: "3"
}

const WORDS: Readonly<Record<string, string>> = { yes: "true", no: "false", off: "false" }
const same = (value: string | undefined) => value === undefined ? undefined : WORDS[value] ?? value

const CONFIGS: Readonly<Record<string, string>> = {
  "nothing at all": "",
  "words in every spelling": `# a comment
HOST web
\tHostName   10.0.0.1
  port=2200
  USER = "me"
  IdentityFile "~/.ssh/with space" # behind it
  IdentityFile=~/.ssh/%h-%r
  identityfile ~/.ssh/%h-%r
  StrictHostKeyChecking yes
`,
  "the first value counts": `Port 1
Host web
  Port 2
  User first
Host *
  User second
  Port 3
`,
  "patterns": `Host w?b !web2
  User a
Host *.org !bad.*
  User b
Host "web2" other
  User c
Host we* !w?b2 web
  HashKnownHosts yes
`,
  "names made of names": `Host web
  HostName %h.Example.ORG
Host other
  HostName a%%b
`,
  "Match": `Match host web
  Port 1
Match host *.example.org,!x.example.org user me
  Port 2
Match originalhost WEB
  User loud
Match !host web,web2 originalhost *
  User nobody
Match user "me"
  ForwardAgent yes
Match all
  User everybody
`,
  "Match after HostName and User": `Host web
  HostName real.example.org
  User deploy
Match host real.*
  Port 77
Match user deploy originalhost web
  IdentityFile ~/.ssh/deploy
Match host web
  Port 78
`,
  "Match localuser": `Match localuser ${Os.userInfo().username}
  Port 5
Match localuser nobody-here
  User x
Match !localuser nobody-here
  User y
`,
  "a second reading": `Match final host *.example.org
  Port 9
Match !final
  IdentityAgent none
Host web
  HostName web.example.org
Host web.example.org
  User fromsecond
Match final all
  BatchMode yes
`,
  "jumps": `Host web
  ProxyJump a,me@b:33
Host other
  ProxyJump none
Host *
  ProxyJump c
`,
  "files": `Host web
  UserKnownHostsFile ~/a /b
  GlobalKnownHostsFile /c
  HostKeyAlias known-as
  ConnectTimeout 7
  IdentitiesOnly yes
  IdentityAgent ~/agent.sock
  AddressFamily inet6
  NumberOfPasswordPrompts 1
Host other
  IdentityFile none
  UserKnownHostsFile none
  ForwardAgent $MY_AGENT
`,
  "words that ssh does not know, and the user ignores": `IgnoreUnknown UseKeychain,X-*
IgnoreUnknown never
Host *
  UseKeychain yes
  x-own a b
Host web
  Port 12
`,
  "words of the past, and of ssh alone": `Protocol 2
Cipher blowfish
UseRoaming no
Host *
  RSAAuthentication yes
  SessionType none
`,
  "strange but legal": `Host web\r
  Port 12\r
Host=web2
Port=13
Host "o*"
  User 'quoted one'
   Port\t14
`
}

const HOSTS = [
  "web",
  "web2",
  "WEB",
  "other",
  "x.org",
  "bad.org",
  "me@web",
  "x.example.org",
  "y.example.org",
  "::1",
  "10.0.0.1"
]

const compare = (config: string, host: string) => {
  const ours = Result.getOrThrow(resolveHost(source(config), destinationOf(host)))
  const { list, one } = truth(config, host)
  const says = (keyword: string) => same(ours.get(keyword) ?? DEFAULTS[keyword])
  assert.deepStrictEqual(
    [ours.hostname, String(ours.port), ours.user],
    [one("hostname"), one("port"), one("user")],
    host
  )
  for (const keyword of Object.keys(DEFAULTS)) {
    assert.strictEqual(says(keyword), same(one(keyword)), `${host} ${keyword}`)
  }
  for (const keyword of ["hostkeyalias", "identityagent", "proxyjump"]) {
    const told = ours.get(keyword)?.replace(/^~/, Os.userInfo().homedir)
    assert.strictEqual(
      told === "none" && keyword === "proxyjump" ? undefined : told,
      one(keyword),
      `${host} ${keyword}`
    )
  }
  if (ours.get("connecttimeout") !== undefined) assert.strictEqual(ours.get("connecttimeout"), one("connecttimeout"))
  // ssh tries more kinds of keys by default.
  if (ours.hasOwnIdentities) assert.deepStrictEqual(ours.identityFiles, list("identityfile"), host)
  else for (const name of ours.identityFiles) assert.include(list("identityfile"), name)
  const tilde = (path: string) => path.replace(/^~/, Os.userInfo().homedir)
  assert.deepStrictEqual(
    ours.userKnownHosts.map(tilde).join(" "),
    one("userknownhostsfile")!.split(" ").map(tilde).join(" ")
  )
}

describeWith(["ssh"], "the user's configuration, as ssh itself reads it", () => {
  for (const [name, text] of Object.entries(CONFIGS)) {
    it(name, () => {
      const config = write(`${name}.conf`, text)
      for (const host of HOSTS) compare(config, host)
    })
  }

  it("files that include files, where blocks apply and where they do not", () => {
    write("parts/10-a", "Host web\n  User inner\nHost *\n  Port 1010\n")
    write("parts/20-b", "Port 2020\nInclude " + write("deep", "Match final\n  User deep\n") + "\n")
    write("parts/.hidden", "User hidden\n")
    write("parts/other.txt", "User txt\n")
    const config = write(
      "including.conf",
      `Host other
  Include ${dir}/parts/*-a
Host web*
  Include ${dir}/parts/[0-9]*  ${dir}/parts/20-?
Include ${dir}/none/*
  HostName %h.net
Host x.org
  Include ${dir}/parts/*
`
    )
    for (const host of HOSTS) compare(config, host)
  })

  it("random configurations", () => {
    let seed = 7
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
    const pick = <A>(from: ReadonlyArray<A>): A => from[random(from.length)]!
    const pattern = () => pick(["web", "w*", "*", "?eb", "!web", "!w*2", "other", "*.org", "x.*", "WEB", "web.net"])
    const setting = () =>
      pick([
        () => `Port ${1 + random(9)}`,
        () => `User ${pick(["a", "b", "\"c\"", "me"])}`,
        () => `HostName ${pick(["%h.net", "web", "X.org", "10.0.0.2"])}`,
        () => `IdentityFile ${pick(["~/.ssh/a", "/b", "\"/c d\""])}`,
        () => `ProxyJump ${pick(["none", "a", "a,b"])}`,
        () => `BatchMode ${pick(["yes", "no"])}`
      ])()
    const block = () =>
      pick([
        () => `Host ${pattern()} ${pattern()}`,
        () => `Host ${pattern()}`,
        () => `Match host ${pattern()},${pattern()}`,
        () => `Match ${pick(["", "!"])}originalhost ${pattern()} user ${pick(["a", "me", "*", "!a,*"])}`,
        () => `Match ${pick(["final", "!final", "final all"])}`,
        () => `Match all`
      ])()
    const text = () =>
      Array.from(
        { length: 2 + random(5) },
        () => `${block()}\n${Array.from({ length: random(4) }, setting).join("\n")}\n`
      )
        .join("")
    for (let round = 0; round < RANDOM_CONFIGS; round++) {
      const config = write("random.conf", text())
      compare(config, pick(HOSTS))
    }
  }, 60_000)
})

/** The number of random configurations: each one starts an ssh. */
const RANDOM_CONFIGS = Number(process.env["SESH_TEST_CONFIGS"] ?? 150)

describe("what this transport cannot do", () => {
  it("is reported with file and line, for the hosts that need it", () => {
    const text = `Host web
  ProxyCommand nc %h %p
Host *
  KnownHostsCommand none
`
    assert.include(resolve(text).needs, "ProxyCommand")
    assert.include(resolve(text).needs, "line 2")
    assert.isUndefined(resolve(text, "other").needs)
    assert.isUndefined(resolve("ProxyJump a\nProxyCommand nc %h %p\n").needs, "the first of the two counts")
    assert.isUndefined(resolve("ProxyCommand none\n").needs)
    assert.include(resolve("KnownHostsCommand /bin/keys\n").needs, "KnownHostsCommand")
    assert.include(resolve("RevokedHostKeys /etc/krl\n").needs, "RevokedHostKeys")
    assert.include(resolve("CanonicalizeHostname yes\n").needs, "CanonicalizeHostname")
    assert.include(resolve("RefuseConnection \"not from here\"\n").needs, "RefuseConnection")
  })

  it("no command of the configuration is run, and one whose answer makes a difference is refused", () => {
    const touched = Path.join(dir, "touched")
    const exec = `Match host web exec "touch ${touched}"\n`
    assert.include(resolve(`${exec}  Port 1\n`).needs, "Match exec")
    assert.isUndefined(resolve(`Port 2\n${exec}  Port 1\n`).needs, "it changes nothing")
    assert.isUndefined(resolve(`${exec}  ForwardX11 yes\n`).needs, "nothing that counts here")
    assert.isUndefined(resolve(`${exec}  Port 1\n`, "other").needs, "another host's")
    assert.include(resolve(`${exec}  IdentityFile /a\n`).needs, "Match exec")
    assert.include(resolve("Match localnetwork 10.0.0.0/8\n  ProxyJump a\n").needs, "Match localnetwork")
    assert.isFalse(Fs.existsSync(touched))
  })

  it.each([
    ["Port 99999\n", "no port"],
    ["Port\n", "no value"],
    ["User \"me\n", "quote"],
    ["Match\n", "Match"],
    ["IdentityFile %Z\n", undefined]
  ])("%j is a mistake, and the message says where", (text, why) => {
    if (why === undefined) {
      const config = resolve(text)
      assert.include(problemOf(config.expand(config.identityFiles[0]!)), "%Z means nothing")
    } else assert.match(problemOf(read(text)), new RegExp(`one, line 1.*${why}`))
  })

  it("a file that includes itself is an error", () => {
    const path = Path.join(dir, "circle")
    write("circle", `Include ${path}\n`)
    assert.include(problemOf(resolveHost(source(path), destinationOf("web"))), "include each other")
  })

  it("a user's configuration that others can write is refused", () => {
    const home = Path.join(dir, "home")
    const config = write("home/.ssh/config", "Port 3\n")
    const owned = { ...source(""), home, only: undefined }
    assert.strictEqual(Result.getOrThrow(resolveHost(owned, destinationOf("web"))).port, 3)
    Fs.chmodSync(config, 0o666)
    assert.include(problemOf(resolveHost(owned, destinationOf("web"))), "others can write")
  })
})

describe("tokens and variables", () => {
  it("are expanded as ssh_config(5) has them", () => {
    const config = resolve("Host web\n  HostName real\n  Port 22022\n  User me\n  HostKeyAlias alias\n")
    const home = Os.userInfo().homedir
    assert.strictEqual(
      Result.getOrThrow(config.expand("~/a-%h-%n-%p-%r-%u-%i-%k-%%-%d")),
      `${home}/a-real-web-22022-me-${Os.userInfo().username}-${process.getuid!()}-alias-%-${home}`
    )
    // As `ssh -G` expands a ControlPath of %C for the same names.
    assert.match(Result.getOrThrow(config.expand("%C")), /^[0-9a-f]{40}$/)
    assert.include(problemOf(config.expand("${NO_SUCH_VARIABLE}")), "NO_SUCH_VARIABLE")
  })

  it("a variable and a jump host are found", () => {
    const config = Result.getOrThrow(resolveHost(
      { ...source(write("one", "ProxyJump a,me@[::1]:33\n")), env: { KEY: "k" } },
      destinationOf("web")
    ))
    assert.strictEqual(Result.getOrThrow(config.expand("/x/${KEY}")), "/x/k")
    assert.deepStrictEqual(Result.getOrThrow(jumpOf(config)), { name: "::1", user: "me", port: 33, through: "a" })
    assert.deepStrictEqual(Result.getOrThrow(parseJump("ssh://a@b:1/")), { name: "b", user: "a", port: 1 })
    for (const bad of ["", "-x", "a@", "@b", "a b:c:d x", "a@-b"]) {
      assert.include(problemOf(parseJump(bad)), "names no host", bad)
    }
  })

  it("patterns take no longer than their length", () => {
    assert.isTrue(matches("web", "w*b"))
    assert.isFalse(matches(`${"a".repeat(5000)}b`, `${"a*".repeat(200)}c`))
    assert.isTrue(matchesHosts("WEB.example.org", "*.Example.org,!x*"))
    assert.isFalse(matchesHosts("x.example.org", "*.example.org,!x*"))
  })
})
