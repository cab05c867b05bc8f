/** A user's own configuration, option by option: what works with `ssh host` works with sesh. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as OperatingSystemProcess from "../../../../src/layers/console/OperatingSystemProcess.ts"
import * as PathsXdg from "../../../../src/layers/paths/PathsXdg.ts"
import * as PtyNode from "../../../../src/layers/pty/PtyNode.ts"
import * as SshTransportOpenSsh from "../../../../src/layers/ssh/openssh/SshTransportOpenSsh.ts"
import * as CallerFake from "../../../../src/layers/testing/CallerFake.ts"
import type { HostName } from "../../../../src/schema/HostName.ts"
import { SshTransport, type Wait } from "../../../../src/services/SshTransport.ts"
import { NEEDS, say, special, testOn } from "../../../contract/ssh/real.ts"
import { prefixed } from "../../../contract/ssh/today.ts"
import { PASSWORD, passwordHost } from "../../../fixtures/passwordHost.ts"
import { Machinery, realHosts } from "../../../fixtures/sshHosts.ts"
import { onTerminal } from "../../../fixtures/sshTerminal.ts"
import { describeWith } from "../../../support/needs.ts"
import { freePort } from "../../../support/sshd.ts"
import { attend, happens, hostNamed, Lab, run } from "../../../support/sshSuite.ts"

const test = testOn(Layer.merge(realHosts, PtyNode.layer))

/** Each alone, so that none hides behind another. `@PORT` is a port in use. */
const OPTIONS: ReadonlyArray<Readonly<Record<string, string>>> = [
  { AddKeysToAgent: "ask" },
  { BatchMode: "no" },
  { CanonicalizeHostname: "always", CanonicalDomains: "invalid" },
  { CertificateFile: "/nowhere/cert" },
  { ClearAllForwardings: "no", RemoteForward: "127.0.0.1:@PORT 127.0.0.1:1", ExitOnForwardFailure: "yes" },
  { Compression: "yes" },
  { ConnectionAttempts: "3" },
  { ConnectTimeout: "1m" },
  { ControlMaster: "ask", ControlPath: "/nowhere/%C" },
  { ControlPersist: "no" },
  { DynamicForward: "@PORT", GatewayPorts: "yes", ExitOnForwardFailure: "yes" },
  { EnableEscapeCommandline: "yes", EscapeChar: "none" },
  { ForkAfterAuthentication: "yes" },
  { ForwardAgent: "yes" },
  { ForwardX11: "yes", ForwardX11Trusted: "yes", XAuthLocation: "/nowhere/xauth" },
  { LocalCommand: "echo local; echo local >&2", PermitLocalCommand: "yes" },
  { LocalForward: "127.0.0.1:@PORT 127.0.0.1:1", ExitOnForwardFailure: "yes" },
  { LogLevel: "DEBUG3" },
  { LogLevel: "QUIET" },
  { LogVerbose: "*:*:*" },
  { RekeyLimit: "1G 1h" },
  { RemoteCommand: "tmux attach" },
  { RequestTTY: "force" },
  { SendEnv: "*" },
  { ServerAliveInterval: "300", ServerAliveCountMax: "0" },
  { ServerAliveInterval: "0" },
  { SessionType: "none" },
  { SessionType: "subsystem", RemoteCommand: "sftp" },
  { SetEnv: "\"LC_A=b c\" LC_B='d\"e'" },
  { StdinNull: "yes" },
  { StreamLocalBindMask: "0777", StreamLocalBindUnlink: "yes" },
  { StrictHostKeyChecking: "off" },
  { SyslogFacility: "LOCAL3" },
  { TCPKeepAlive: "no", IPQoS: "none" },
  { Tunnel: "yes", ExitOnForwardFailure: "yes" },
  { UpdateHostKeys: "ask", VerifyHostKeyDNS: "ask" },
  { VisualHostKey: "yes" }
]

/** The layer of a user with these variables as well. */
const transportWith = (env: Readonly<Record<string, string>>) =>
  Effect.map(Machinery, ({ home, ssh }) =>
    SshTransportOpenSsh.layer({ config: ssh.config }).pipe(
      Layer.provide(Layer.fresh(PathsXdg.layer)),
      Layer.provide(OperatingSystemProcess.layer),
      Layer.provide(CallerFake.layer({
        env: { ...process.env as Record<string, string>, HOME: home, SESH_DIR: Path.join(home, ".sesh"), ...env },
        home
      }))
    ))

describeWith(NEEDS, "a user's own configuration of ssh", () => {
  test(
    "words that this ssh does not know, and the user ignores, change nothing",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const text = Fs.readFileSync(ssh.config, "utf8")
      Fs.writeFileSync(ssh.config, `IgnoreUnknown UseKeychain,X-*\nHost *\n  UseKeychain yes\n  X-Own y\n${text}`)
      assert.strictEqual(yield* say("one"), "one")
      assert.strictEqual(yield* say("two"), "two")
    })
  )

  test(
    "a word that nobody ignores is a mistake, which the message quotes",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      Fs.appendFileSync(ssh.config, "UseKeychain yes\n")
      assert.include((yield* Effect.flip(say("one"))).message, "bad configuration option")
    })
  )

  test(
    "no option of a host keeps it from being reached, as a program and as a socket",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const names = OPTIONS.map((options, index) => {
        const lines = Object.entries(options).map(([word, value]) => [word, value.replace("@PORT", String(sshd.port))])
        ssh.host(`own${index}`, { Port: sshd.port, StrictHostKeyChecking: "no", ...Object.fromEntries(lines) })
        return hostNamed(`own${index}`)
      })
      const lab = yield* Lab
      const transport = yield* SshTransport
      const program = (host: HostName) =>
        Effect.map(
          transport.exec(host, run("sum"), { stdin: Buffer.from("x"), connectTimeout: 30_000 }),
          ({ status, stderr, stdout }) => `${status.code} ${stdout.length} ${stderr.toString()}`
        )
      const socket = (host: HostName) =>
        Effect.scoped(Effect.gen(function*() {
          const channel = yield* transport.connectSocket(host, lab.path("echo"))
          const says = attend(channel)
          channel.write(Buffer.from("hello"))
          yield* happens("it is back", () => says.text() === "hello" || says.ends.length > 0)
          return says.text()
        }))
      const outcomes = yield* Effect.forEach(
        names,
        (host) =>
          Effect.zipWith(program(host), socket(host), (one, two) => `${one} ${two}`).pipe(
            Effect.catch((error) => Effect.succeed(error.message)),
            Effect.ensuring(transport.close(host))
          ),
        { concurrency: 4 }
      )
      const failed = outcomes.flatMap((outcome, index) =>
        outcome === "0 65  hello" ? [] : [{ ...OPTIONS[index], outcome }]
      )
      assert.deepStrictEqual(failed, [])
    })
  )

  test(
    "no option about ssh's messages changes what sesh takes from them: a socket, a connection or a key that is refused",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const transport = yield* SshTransport
      const lab = yield* Lab
      const closed = yield* Effect.promise(freePort)
      const wrong = ssh.keygen("another")
      const options = OPTIONS.filter((each) => Object.keys(each).some((word) => /^Log|^Syslog|^Visual/.test(word)))
      for (const [index, lines] of options.entries()) {
        ssh.host(`says${index}`, { Port: sshd.port, StrictHostKeyChecking: "no", ...lines })
        ssh.host(`refuses${index}`, { Port: closed, ...lines })
        ssh.host(`denies${index}`, { Port: sshd.port, IdentityFile: wrong, StrictHostKeyChecking: "no", ...lines })
        yield* Effect.scoped(Effect.gen(function*() {
          const says = attend(yield* transport.connectSocket(hostNamed(`says${index}`), lab.path("nobody")))
          yield* happens("its end", () => says.ends.length > 0)
          assert.strictEqual(says.ends[0]?._tag, "SocketRefused", JSON.stringify(lines))
        }))
        const refused = yield* Effect.flip(transport.exec(hostNamed(`refuses${index}`), run("sum")))
        assert.match(refused.message, /^refuses\d+ refuses ssh connections/)
        const denied = yield* Effect.flip(transport.exec(hostNamed(`denies${index}`), run("sum")))
        assert.match(denied.message, /Permission denied/)
        // The place in OpenSSH's sources, which LogVerbose adds.
        assert.notMatch(denied.message, /\.c:/)
        yield* transport.close(hostNamed(`says${index}`))
      }
    })
  )

  test(
    "SendEnv sends what the user names, also variables that have to do with asking; and SetEnv sets",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const { host } = yield* special("sending", "AcceptEnv *")
      Fs.appendFileSync(ssh.config, "  SendEnv DISPLAY SSH_ASKPASS* WAYLAND_DISPLAY LC_OWN\n  SetEnv \"LC_SET=a b\"\n")
      const names = ["DISPLAY", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "WAYLAND_DISPLAY", "LC_OWN"]
      const env = Object.fromEntries(names.map((name) => [name, `own ${name}`]))
      const layer = yield* transportWith(env)
      const asked = [...names, "LC_SET"].map((name) => `"$${name}"`).join(" ")
      const { stdout } = yield* Effect.provide(
        Effect.flatMap(SshTransport, (ssh) => ssh.exec(host, ["sh", "-c", `printf '%s\\n' ${asked}`])),
        layer
      )
      assert.deepStrictEqual(stdout.toString().trimEnd().split("\n"), [...names.map((name) => `own ${name}`), "a b"])
    })
  )

  test(
    "a host that takes longer to connect than ours, and not than the user's ConnectTimeout, is waited for",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const through = `sh -c 'sleep 6; exec ssh -F none -W 127.0.0.1:${sshd.port}`
      const hop = `-i ${ssh.key} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p ${sshd.port} 127.0.0.1'`
      ssh.host("sleepy", { Port: sshd.port, ConnectTimeout: "30", ProxyCommand: `${through} ${hop}` })
      assert.strictEqual(yield* say("one", hostNamed("sleepy")), "one")
    })
  )

  test(
    "a host that does not answer is given up after the user's ConnectTimeout, and before the caller's time is over",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const port = /Host silent\n(?: .*\n)*? {2}Port (\d+)/.exec(Fs.readFileSync(ssh.config, "utf8"))![1]!
      ssh.host("hasty", { Port: port, ConnectTimeout: "1" })
      const error = yield* Effect.flip(say("one", hostNamed("hasty"), { connectTimeout: "50 seconds" }))
      assert.strictEqual(error._tag === "HostUnreachable" && error.reason, "timeout", error.message)
    })
  )

  test(
    "a host whose login takes longer than keepalives may stay unanswered lets its user in, the next time at once",
    Effect.gen(function*() {
      const { home } = yield* Machinery
      const { methods } = yield* passwordHost("thoughtful", "keyboard-interactive", { thinksMs: 4500 })
      const { says, type } = yield* onTerminal("thoughtful", "interactive", "openssh")
      for (let time = 1; time <= 2; time++) {
        yield* happens("it asks", () => says.text().split("Code:").length === time + 1)
        type(`${PASSWORD}\r`)
      }
      yield* happens("it ran", () => says.text().includes("]"))
      assert.include(says.text(), "[it works]")
      assert.isTrue(Fs.readdirSync(Path.join(home, ".sesh", "ssh")).some((name) => name.endsWith(".slow")))
      const before = methods().length
      const { transport } = yield* Machinery
      yield* Effect.provide(Effect.flatMap(SshTransport, (ssh) => ssh.close(hostNamed("thoughtful"))), transport())
      const again = yield* onTerminal("thoughtful", "interactive", "openssh")
      yield* happens("it asks", () => again.says.text().includes("Code:"))
      again.type(`${PASSWORD}\r`)
      yield* happens("it ran", () => again.says.text().includes("]"))
      assert.include(again.says.text(), "[it works]")
      assert.strictEqual(methods().slice(before).filter((method) => method === "keyboard-interactive").length, 1)
    })
  )

  test(
    "a Match whose command does not end is given up, and is said to be waited for",
    Effect.gen(function*() {
      ;(yield* prefixed)("Match host stuck exec \"sleep 1000\"\n  Port 1")
      const waits: Array<string | undefined> = []
      const onWait = ({ awaited }: Wait) => {
        waits.push(awaited())
        return () => waits.push("over")
      }
      const error = yield* Effect.flip(say("one", hostNamed("stuck"), { onWait }))
      assert.include(error.message, "your ssh configuration runs a command that does not end")
      assert.deepStrictEqual(waits, ["config", "over"])
    })
  )

  test(
    "that a login was slow is forgotten after a month",
    Effect.gen(function*() {
      const { dir, transport } = yield* Machinery
      const [old, young] = ["old.slow", "young.slow"].map((name) => Path.join(dir, name))
      yield* say("one")
      for (const path of [old!, young!]) Fs.writeFileSync(path, "")
      const day = 24 * 3600
      const now = Fs.statSync(young!).mtimeMs / 1000
      Fs.utimesSync(old!, now, now - 31 * day)
      Fs.utimesSync(young!, now, now - 29 * day)
      assert.strictEqual(yield* Effect.provide(say("two"), transport()), "two")
      assert.deepStrictEqual([old!, young!].map((path) => Fs.existsSync(path)), [false, true])
    })
  )

  test(
    "who is asked on the way, by a jump host, may think about it",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      yield* say("known")
      ssh.host("behind", { Port: sshd.port, ProxyJump: "locked" })
      const { says, type } = yield* onTerminal("behind", "interactive", "openssh")
      yield* happens("it asks", () => says.text().includes("Enter passphrase for key"))
      // Longer than a host may take that asks nobody.
      yield* Effect.sleep("6 seconds")
      type("a passphrase\r")
      yield* happens("it ran", () => says.text().includes("]"))
      assert.include(says.text(), "[it works]")
    })
  )
})
