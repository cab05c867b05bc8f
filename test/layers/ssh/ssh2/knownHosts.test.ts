import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { execFileSync, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll, beforeAll } from "vitest"
import { algorithmsFor, choose } from "../../../../src/layers/ssh/ssh2/algorithms.ts"
import { type HostConfig, resolveHost } from "../../../../src/layers/ssh/ssh2/config/config.ts"
import { hostKeys } from "../../../../src/layers/ssh/ssh2/hostKey.ts"
import {
  isAbout,
  judge,
  lineFor,
  nameOf,
  parseKnownHosts,
  typesOf
} from "../../../../src/layers/ssh/ssh2/knownHosts.ts"
import { pathsOf } from "../../../../src/layers/ssh/ssh2/paths.ts"
import { publicPart } from "../../../../src/layers/ssh/ssh2/publicPart.ts"
import { destinationOf } from "../../../../src/schema/HostName.ts"
import { describeWith } from "../../../support/needs.ts"

let dir: string
beforeAll(() => {
  dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-known-"))
})
afterAll(() => Fs.rmSync(dir, { recursive: true }))

/** A key of a kind, as in a line. */
const key = (type: string, seed: string): Buffer => {
  const text = (value: string) => {
    const bytes = Buffer.from(value)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  return Buffer.concat([text(type), text(seed.padEnd(32, "."))])
}

const first = key("ssh-ed25519", "first")
const second = key("ssh-ed25519", "second")
const rsa = key("ssh-rsa", "rsa")
const line = (names: string, of: Buffer, marker = "") =>
  `${marker === "" ? "" : `${marker} `}${names} ${of.toString("latin1", 4, 4 + of.readUInt32BE(0))} ${
    of.toString("base64")
  } comment\n`

const told = (text: string, name: string, of: Buffer, bare = name) =>
  judge(parseKnownHosts(text, "file"), name, bare, of)

describe("known_hosts", () => {
  it("a key on record is known, by any of its names", () => {
    const text = `# comment\n\n${line("web,10.0.0.1,*.example.org,!bad.example.org", first)}broken\n`
    for (const name of ["web", "10.0.0.1", "x.example.org"]) assert.strictEqual(told(text, name, first)._tag, "Known")
    for (const name of ["bad.example.org", "other", "[web]:22"]) {
      assert.strictEqual(told(text, name, first)._tag, "Unknown")
    }
  })

  it("a key other than the one on record is a change, even of another kind", () => {
    const text = line("other", second) + line("web", rsa) + line("web", second)
    assert.deepInclude(told(text, "web", first), { _tag: "Changed" })
    const verdict = told(text, "web", first)
    assert.strictEqual(verdict._tag === "Changed" && verdict.entry.line, 3, "the line of the same kind")
    assert.strictEqual(told(line("web", rsa), "web", first)._tag, "Changed")
    assert.strictEqual(told(text, "web", rsa)._tag, "Known")
  })

  it("a revoked key is refused, whatever the other lines say", () => {
    const text = line("web", first) + line("*", first, "@revoked")
    assert.strictEqual(told(text, "web", first)._tag, "Changed")
    assert.strictEqual(told(text, "[web]:2222", first, "web")._tag, "Changed")
    assert.strictEqual(told(line("web", first) + line("web", second, "@revoked"), "web", first)._tag, "Known")
  })

  it("a host whose key an authority vouches for is not taken on trust, and a key on record is enough", () => {
    const authority = line("*.org", second, "@cert-authority")
    assert.strictEqual(told(authority, "web.org", first)._tag, "Vouched")
    assert.strictEqual(told(authority + line("web.org", first), "web.org", first)._tag, "Known")
    assert.strictEqual(told(authority, "web.net", first)._tag, "Unknown")
  })

  it("another port makes another name; the key of the bare name counts too", () => {
    assert.strictEqual(nameOf("Web", 22), "web")
    assert.strictEqual(nameOf("Web", 2222), "[web]:2222")
    assert.strictEqual(told(line("web", first), "[web]:2222", first, "web")._tag, "Known")
    assert.strictEqual(told(line("web", second), "[web]:2222", first, "web")._tag, "Unknown")
    assert.strictEqual(
      told(line("[web]:2222", second) + line("web", first), "[web]:2222", first, "web")._tag,
      "Changed"
    )
  })

  it("kinds on record are asked for first, and SHA-1 is never offered", () => {
    const entries = parseKnownHosts(line("web", rsa) + line("web", key("ecdsa-sha2-nistp256", "e")), "file")
    const config = { get: () => undefined } as unknown as HostConfig
    const { hmac, serverHostKey } = algorithmsFor(config, typesOf(entries, "web", "web"))
    assert.deepStrictEqual(serverHostKey.slice(0, 4), [
      "rsa-sha2-512",
      "rsa-sha2-256",
      "ecdsa-sha2-nistp256",
      "ssh-ed25519"
    ])
    assert.notInclude([...serverHostKey], "ssh-rsa")
    assert.notMatch(hmac.join(), /sha1/)
  })

  it("a user's own lists of ciphers are obeyed, as far as they can be", () => {
    const ours = ["a1", "a2", "b1"]
    assert.deepStrictEqual(choose(ours, "b1,a*,nothing"), ["b1", "a1", "a2"])
    assert.deepStrictEqual(choose(ours, "+x"), ours)
    assert.deepStrictEqual(choose(ours, "-a*"), ["b1"])
    assert.deepStrictEqual(choose(ours, "^b1"), ["b1", "a1", "a2"])
    assert.deepStrictEqual(choose(ours, "x"), [])
  })
})

describeWith(["ssh-keygen"], "known_hosts, as ssh-keygen reads it", () => {
  it("the same lines are about the same names, hashed or not", () => {
    const file = Path.join(dir, "known")
    Fs.writeFileSync(
      file,
      [
        line("web", first),
        line("*.example.org,!bad.example.org", first),
        line("[web]:2222,[::1]:22022", second),
        line("10.0.0.?", rsa),
        lineFor("hashed.example.net", first, true),
        lineFor("[hashed]:2222", first, true),
        line("UPPER", first),
        line("revoked", first, "@revoked"),
        line("*.ca", first, "@cert-authority"),
        "|1|broken ssh-ed25519 AAAA\n"
      ].join("")
    )
    const entries = parseKnownHosts(Fs.readFileSync(file, "utf8"), file)
    for (
      const name of [
        "web",
        "[web]:2222",
        "x.example.org",
        "bad.example.org",
        "10.0.0.7",
        "10.0.0.77",
        "hashed.example.net",
        "[hashed]:2222",
        "hashed",
        "upper",
        "revoked",
        "x.ca",
        "[::1]:22022",
        "none"
      ]
    ) {
      const { stdout } = spawnSync("ssh-keygen", ["-F", name, "-f", file], { encoding: "utf8" })
      const lines = [...stdout.matchAll(/found: line (\d+)/g)].map(([, number]) => Number(number))
      assert.deepStrictEqual(entries.filter((entry) => isAbout(entry, name)).map(({ line }) => line), lines, name)
    }
  })

  it("lines that ssh-keygen has hashed are found", () => {
    const file = Path.join(dir, "hash")
    Fs.writeFileSync(file, line("web,10.0.0.1", first) + line("[web]:22022", second))
    execFileSync("ssh-keygen", ["-H", "-f", file], { stdio: "ignore" })
    const text = Fs.readFileSync(file, "utf8")
    assert.notInclude(text, "web")
    assert.strictEqual(told(text, "web", first)._tag, "Known")
    assert.strictEqual(told(text, "10.0.0.1", first)._tag, "Known")
    assert.strictEqual(told(text, "[web]:22022", second)._tag, "Known")
    assert.strictEqual(told(text, "web", second)._tag, "Changed")
  })

  it("a locked key shows its public half", () => {
    const file = Path.join(dir, "locked")
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "a passphrase", "-f", file])
    const [, shown] = Fs.readFileSync(`${file}.pub`, "utf8").split(" ")
    assert.strictEqual(publicPart(Fs.readFileSync(file))?.toString("base64"), shown)
    assert.isUndefined(publicPart(Buffer.from("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END")))
    assert.isUndefined(publicPart(Buffer.from("nothing")))
  })
})

describe("a host's key", () => {
  const home = (more = "") => {
    const home = Fs.mkdtempSync(Path.join(dir, "home-"))
    const only = Path.join(home, "config")
    Fs.writeFileSync(
      only,
      `Host web\n  UserKnownHostsFile ${home}/.ssh/known ${home}/second\n  GlobalKnownHostsFile ${home}/global\n${more}`
    )
    const keys = () => {
      const source = { home, uid: process.getuid!(), user: "me", env: {}, machine: "here", only }
      const config = Result.getOrThrow(resolveHost(source, destinationOf("web")))
      return hostKeys(config, Result.getOrThrow(pathsOf(config, source.env)))
    }
    return { home, keys, file: Path.join(home, ".ssh", "known") }
  }

  it("is recorded when new, at the end of the first file, once, for the user alone", () => {
    const { file, home: at, keys } = home("  Port 2222\n")
    assert.isUndefined(keys().check(first))
    assert.strictEqual(Fs.readFileSync(file, "utf8"), `[web]:2222 ssh-ed25519 ${first.toString("base64")}\n`)
    assert.strictEqual(Fs.statSync(file).mode & 0o777, 0o600)
    assert.strictEqual(Fs.statSync(Path.join(at, ".ssh")).mode & 0o777, 0o700)
    assert.isUndefined(keys().check(first))
    assert.strictEqual(Fs.readFileSync(file, "utf8").split("\n").length, 2)
    assert.strictEqual(keys().check(second)?._tag, "HostKeyChanged")
    assert.strictEqual(Fs.readFileSync(file, "utf8").split("\n").length, 2)
  })

  it("is recorded on a line of its own, and hashed where the user wants that", () => {
    const { file, keys } = home("  HashKnownHosts yes\n")
    Fs.mkdirSync(Path.dirname(file))
    Fs.writeFileSync(file, line("other", second).trimEnd())
    assert.isUndefined(keys().check(first))
    const [before, added] = Fs.readFileSync(file, "utf8").split("\n")
    assert.isTrue(before!.startsWith("other "))
    assert.isTrue(added!.startsWith("|1|"))
    assert.strictEqual(keys().check(second)?._tag, "HostKeyChanged")
  })

  it("is looked for in all files, under the name that the user gave it", () => {
    const { home: at, keys } = home("  HostKeyAlias Known-As\n  Port 2222\n")
    Fs.writeFileSync(Path.join(at, "global"), line("known-as", first))
    assert.deepStrictEqual(keys().types, ["ssh-ed25519"])
    assert.isUndefined(keys().check(first))
    const failure = keys().check(second)
    assert.include(failure?.message, `${at}/global, line 1`)
    assert.include(failure?.message, "ssh-keygen -R known-as")
  })

  it("is not taken on trust where the user is strict; a changed one never is", () => {
    for (const tight of ["yes", "ask"]) {
      const strict = home(`  StrictHostKeyChecking ${tight}\n`)
      assert.strictEqual(strict.keys().check(first)?._tag, "HostKeyUnknown")
      assert.isFalse(Fs.existsSync(strict.file))
    }
    for (const loose of ["no", "off", "accept-new"]) {
      const { file, keys } = home(`  StrictHostKeyChecking ${loose}\n`)
      assert.isUndefined(keys().check(first))
      assert.isTrue(Fs.existsSync(file))
      assert.strictEqual(keys().check(second)?._tag, "HostKeyChanged", loose)
    }
  })

  it("is asked about where the user wants that, until there is an answer, and recorded if it is trusted", async () => {
    const fingerprint = `SHA256:${createHash("sha256").update(first).digest("base64").replace(/=$/, "")}`
    for (const [answers, isTrusted] of [[["what", "YES"], true], [[fingerprint], true], [["", "no"], false]] as const) {
      const { file, keys } = home("  StrictHostKeyChecking ask\n")
      const questions: Array<string> = []
      const failure = await keys().asked!(first, (question) => {
        questions.push(question)
        return Promise.resolve(answers[questions.length - 1])
      })
      assert.include(questions[0], fingerprint)
      assert.strictEqual(questions.length, answers.length)
      assert.strictEqual(failure?._tag, isTrusted ? undefined : "HostKeyUnknown")
      assert.strictEqual(Fs.existsSync(file), isTrusted)
    }
    assert.isUndefined(home().keys().asked)
  })

  it("with a certificate authority on record needs OpenSSH", () => {
    const { home: at, keys } = home()
    Fs.writeFileSync(Path.join(at, "global"), line("*", second, "@cert-authority"))
    const failure = keys().check(first)
    assert.strictEqual(failure?._tag, "SshMissing")
    assert.include(failure?.message, "SESH_SSH=openssh")
  })
})
