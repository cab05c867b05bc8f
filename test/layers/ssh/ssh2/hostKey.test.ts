import { assert } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import { userInfo } from "node:os"
import * as Path from "node:path"
import { vi } from "vitest"
import { SshTransport } from "../../../../src/services/SshTransport.ts"
import { changedKey, NEEDS, say, special } from "../../../contract/ssh/real.ts"
import { test } from "../../../contract/ssh/ssh2.ts"
import { Machinery } from "../../../fixtures/sshHosts.ts"
import { describeWith } from "../../../support/needs.ts"
import { attend, happens, hostNamed, Lab } from "../../../support/sshSuite.ts"

describeWith(NEEDS, "SshTransportSsh2, hosts", () => {
  changedKey(test)

  test(
    "a host with only broken algorithms is not reached",
    Effect.gen(function*() {
      const { host } = yield* special("broken", "MACs hmac-sha1", "Ciphers aes128-ctr")
      const error = yield* Effect.flip(say("one", host))
      assert.strictEqual(error._tag, "HostUnreachable")
      assert.include(error.message, "no matching")
    })
  )

  test(
    "a host behind several jump hosts, each with its own configuration; a circle is an error",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      ssh.host("far", { Port: sshd.port, ProxyJump: `other,${userInfo().username}@hop:${sshd.port}` })
      ssh.host("circle", { ProxyJump: "elcric" })
      ssh.host("elcric", { ProxyJump: "circle" })
      assert.strictEqual(yield* say("far", hostNamed("far")), "far")
      const error = yield* Effect.flip(say("far", hostNamed("circle")))
      assert.include(error.message, "in a circle")
    })
  )

  test(
    "a host behind one that cannot be reached, or refuses the login, says why and where",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const behind: Readonly<Record<string, string>> = {
        refusing: "HostUnreachable",
        wrongkey: "AuthenticationFailed",
        changed: "HostKeyChanged",
        strict: "HostKeyUnknown"
      }
      for (const [jump, tag] of Object.entries(behind)) {
        ssh.host(`behind-${jump}`, { Port: sshd.port, ProxyJump: jump })
        const error = yield* Effect.flip(say("one", hostNamed(`behind-${jump}`)))
        assert.strictEqual(error._tag, tag)
        assert.include(error.message, jump)
      }
      ssh.host("dead-end", { Port: 1, ProxyJump: "hop" })
      const error = yield* Effect.flip(say("one", hostNamed("dead-end")))
      assert.strictEqual(error._tag === "HostUnreachable" && error.reason, "refused", error.message)
    })
  )

  test(
    "losing a jump host loses the hosts behind it",
    Effect.gen(function*() {
      const lab = yield* Lab
      const jumped = hostNamed("jumped")
      const says = attend(yield* Effect.flatMap(SshTransport, (ssh) => ssh.connectSocket(jumped, lab.path("sum"))))
      lab.kill()
      yield* happens("it is over", () => says.ends.length === 1)
      assert.strictEqual(says.ends[0]?._tag, "ConnectionLost")
      assert.strictEqual(yield* say("again", jumped), "again")
    })
  )

  test(
    "what login scripts print is not part of a program's output; an account that runs nothing says so",
    Effect.gen(function*() {
      const chatty = yield* special(
        "chatty",
        "ForceCommand echo Welcome; printf 'no newline \\033[2J'; eval \"$SSH_ORIGINAL_COMMAND\""
      )
      assert.strictEqual(yield* say("one", chatty.host), "one")
      const closed = yield* special("closed", "ForceCommand printf '\\033[2JThis account is closed.\\n'; exit 1")
      const error = yield* Effect.flip(say("one", closed.host))
      assert.strictEqual(error._tag, "NoShell")
      assert.include(error.message, "This account is closed.")
      assert.notMatch(error.message, /[\u0000-\u001f]/)
    })
  )

  test(
    "an unknown token in a path is named, whichever setting has it, before anything is connected",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      for (const keyword of ["UserKnownHostsFile", "IdentityFile", "IdentityAgent", "ForwardAgent"]) {
        const name = `token-${keyword.toLowerCase()}`
        ssh.host(name, { Port: sshd.port, [keyword]: "/tmp/%Z" })
        const error = yield* Effect.flip(say("one", hostNamed(name)))
        assert.strictEqual(error._tag, "HostUnreachable")
        assert.strictEqual(error.message, `cannot connect to ${name}: /tmp/%Z: %Z means nothing`)
      }
      ssh.host("token-unused", { Port: sshd.port, IdentityFile: "/tmp/%Z", PubkeyAuthentication: "no" })
      assert.strictEqual((yield* Effect.flip(say("one", hostNamed("token-unused"))))._tag, "AuthenticationFailed")
    })
  )

  test(
    "a host that needs OpenSSH is refused, and the message says why",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      ssh.host("proxied", { Port: sshd.port, ProxyCommand: "nc %h %p" })
      const proxied = yield* Effect.flip(say("one", hostNamed("proxied")))
      assert.strictEqual(proxied._tag, "SshMissing")
      assert.match(proxied.message, /^proxied needs ProxyCommand \(.*, line \d+\).*SESH_SSH=openssh/)
      assert.strictEqual(
        (yield* Effect.flatMap(SshTransport, (ssh) => ssh.describe(hostNamed("proxied")))).port,
        sshd.port
      )
    })
  )
})

describeWith(NEEDS, "SshTransportSsh2, keys", () => {
  test(
    "a user may take longer for a passphrase than a host may take for its answers",
    Effect.gen(function*() {
      const { transport2 } = yield* Machinery
      // The limits of the code under test are on a clock of our own, which also runs with the real one.
      yield* Effect.acquireRelease(
        Effect.sync(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true })),
        () => Effect.sync(() => vi.useRealTimers())
      )
      const asked: Array<string> = []
      const ask = async (question: string) => {
        asked.push(question)
        // The user takes longer than `connectTimeout`.
        await vi.advanceTimersByTimeAsync(Duration.toMillis("2 hours"))
        return "a passphrase"
      }
      const words = [1, 2].map(() =>
        say("slow", hostNamed("locked"), { prompts: "interactive", connectTimeout: "1 hour" })
      )
      const said = yield* Effect.all(words, { concurrency: "unbounded" }).pipe(Effect.provide(transport2({ ask })))
      assert.deepStrictEqual(said, ["slow", "slow"])
      assert.strictEqual(asked.length, 1, "who comes meanwhile is not asked again")
    })
  )

  test(
    "a passphrase is asked for three times, for a key that the host would take, and never in a batch",
    Effect.gen(function*() {
      const { good: sshd, ssh, transport2 } = yield* Machinery
      const asked: Array<string> = []
      const ask = (question: string) => {
        asked.push(question)
        return Promise.resolve("wrong")
      }
      const stranger = ssh.keygen("stranger", "another passphrase")
      ssh.host("stranger", { Port: sshd.port, IdentityFile: stranger })
      const attempt = (host: string, prompts: "interactive" | "batch") =>
        Effect.flip(say("one", hostNamed(host), { prompts })).pipe(Effect.provide(transport2({ ask })))
      assert.strictEqual((yield* attempt("locked", "interactive"))._tag, "AuthenticationFailed")
      assert.strictEqual(asked.length, 3)
      assert.strictEqual((yield* attempt("stranger", "interactive"))._tag, "AuthenticationFailed")
      const quiet = yield* attempt("locked", "batch")
      assert.include(quiet.message, "has a passphrase")
      assert.strictEqual(asked.length, 3)
    })
  )

  test(
    "keys of other kinds and formats work too",
    Effect.gen(function*() {
      const { good: sshd, ssh, transport2 } = yield* Machinery
      const make = (name: string, ...args: ReadonlyArray<string>) => {
        const path = Path.join(ssh.dir, name)
        execFileSync("ssh-keygen", ["-q", "-f", path, ...args])
        Fs.appendFileSync(Path.join(ssh.dir, "authorized_keys"), Fs.readFileSync(`${path}.pub`))
        ssh.host(name, { Port: sshd.port, IdentityFile: path })
        return path
      }
      make("ecdsa", "-t", "ecdsa", "-N", "")
      make("lockedrsa", "-t", "rsa", "-N", "a passphrase")
      // An old format: a locked key hides its public half.
      Fs.unlinkSync(`${make("pem", "-t", "ecdsa", "-m", "PEM", "-N", "a passphrase")}.pub`)
      const ask = () => Promise.resolve("a passphrase")
      for (const name of ["ecdsa", "lockedrsa", "pem"]) {
        const said = say(name, hostNamed(name), { prompts: "interactive" })
        assert.strictEqual(yield* Effect.provide(said, transport2({ ask })), name)
      }
    })
  )

  test(
    "unusable keys, and keys that others can read, are named when authentication fails",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const sk = Path.join(ssh.dir, "id_sk")
      Fs.writeFileSync(sk, "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", {
        mode: 0o600
      })
      Fs.writeFileSync(`${sk}.pub`, "sk-ssh-ed25519@openssh.com AAAA me\n")
      const open = ssh.keygen("open")
      Fs.chmodSync(open, 0o644)
      const authority = ssh.keygen("authority")
      const member = ssh.keygen("member")
      execFileSync("ssh-keygen", ["-q", "-s", authority, "-I", "me", "-n", "root", `${member}.pub`])
      const agent = yield* Effect.promise(() => ssh.agent(member))
      ssh.host("sk", { Port: sshd.port, IdentityFile: sk })
      ssh.host("open", { Port: sshd.port, IdentityFile: open })
      ssh.host("certified", { Port: sshd.port, IdentityFile: "none", IdentitiesOnly: "no", IdentityAgent: agent })
      for (
        const [host, words] of [
          ["sk", "id_sk is of a kind that only OpenSSH can use"],
          ["open", "chmod 600"],
          ["certified", "ssh-ed25519-cert-v01@openssh.com is of a kind that only OpenSSH can use"]
        ] as const
      ) {
        const error = yield* Effect.flip(say("one", hostNamed(host)))
        assert.strictEqual(error._tag, "AuthenticationFailed")
        assert.include(error.message, "Permission denied (publickey)")
        assert.include(error.message.replace(/\S*\//g, ""), words)
      }
    })
  )

  test(
    "the agent is forwarded only where the configuration says so",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const socket = yield* Effect.promise(() => ssh.agent(ssh.key))
      const { host: without } = yield* special("without", "AllowAgentForwarding no")
      const common = { Port: sshd.port, IdentityAgent: socket }
      ssh.host("alone", common)
      ssh.host("along", { ...common, ForwardAgent: "yes" })
      ssh.host("denied", {
        Port: (yield* Effect.flatMap(SshTransport, (ssh) => ssh.describe(without))).port,
        ForwardAgent: socket
      })
      const keys = (host: string) =>
        Effect.map(
          Effect.flatMap(SshTransport, (ssh) => ssh.exec(hostNamed(host), ["sh", "-c", "ssh-add -l || echo none"])),
          ({ stdout }) => stdout.toString()
        )
      assert.include(yield* keys("along"), "ED25519")
      assert.include(yield* keys("alone"), "none")
      assert.include(yield* keys("denied"), "none")
    })
  )
})
