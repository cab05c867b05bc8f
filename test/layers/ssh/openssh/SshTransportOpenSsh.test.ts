import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as OperatingSystemProcess from "../../../../src/layers/console/OperatingSystemProcess.ts"
import * as PathsXdg from "../../../../src/layers/paths/PathsXdg.ts"
import * as SshTransportOpenSsh from "../../../../src/layers/ssh/openssh/SshTransportOpenSsh.ts"
import * as CallerFake from "../../../../src/layers/testing/CallerFake.ts"
import { socketPathLimit } from "../../../../src/schema/SocketPath.ts"
import { SshTransport } from "../../../../src/services/SshTransport.ts"
import { good } from "../../../contract/ssh/common.ts"
import { narrow } from "../../../contract/ssh/narrow.ts"
import {
  changedKey,
  heldOutput,
  heldSession,
  NEEDS,
  say,
  special,
  stuckShell,
  testOn
} from "../../../contract/ssh/real.ts"
import { portOf, prefixed, today } from "../../../contract/ssh/today.ts"
import { Machinery, realHosts } from "../../../fixtures/sshHosts.ts"
import { describeWith } from "../../../support/needs.ts"
import { attend, happens, hear, hostNamed, Lab, run } from "../../../support/sshSuite.ts"

const test = testOn(realHosts)

/** The processes that keep a connection, by pid. */
const masters = Effect.map(
  Machinery,
  ({ ssh }) => () =>
    [...ssh.processes()].filter(([, command]) => command.includes("ControlMaster=yes")).map(([pid]) => pid)
)

/** The layer of a user with other variables in the environment. */
const environments = Effect.map(
  Machinery,
  ({ home, ssh }) => (env: Readonly<Record<string, string>>) =>
    SshTransportOpenSsh.layer({ config: ssh.config }).pipe(
      Layer.provide(Layer.fresh(PathsXdg.layer)),
      Layer.provide(OperatingSystemProcess.layer),
      Layer.provide(CallerFake.layer({ env: { ...process.env, HOME: home, ...env }, home }))
    )
)

describeWith(NEEDS, "SshTransportOpenSsh, on real hosts", () => {
  test(
    "an unknown key is recorded, and one connection then serves all, other processes too",
    Effect.gen(function*() {
      const { good: sshd, ssh, transport } = yield* Machinery
      const there = yield* masters
      assert.strictEqual(yield* say("one"), "one")
      assert.include(Fs.readFileSync(ssh.knownHosts, "utf8"), `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`)
      const [pid] = there()
      assert.strictEqual(yield* Effect.provide(say("two"), transport()), "two")
      assert.deepStrictEqual(there(), [pid])
    })
  )

  test(
    "two processes that connect at once both get through, and one connection stays",
    Effect.gen(function*() {
      const { transport } = yield* Machinery
      const there = yield* masters
      const words = yield* Effect.all(
        ["a", "b", "c"].map((word) => Effect.provide(say(word), transport())),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(words, ["a", "b", "c"])
      yield* happens("one is left", () => there().length === 1)
    })
  )

  test(
    "only the user can read sockets and logs, and only the connection's are left",
    Effect.gen(function*() {
      const { dir, transport } = yield* Machinery
      const lab = yield* Lab
      const ssh = yield* SshTransport
      yield* say("one")
      yield* Effect.scoped(ssh.connectSocket(good, lab.path("echo")))
      yield* Effect.ignore(ssh.exec(hostNamed("refusing"), ["true"]))
      const modes = () =>
        Fs.readdirSync(dir).map((name) => (Fs.lstatSync(Path.join(dir, name)).mode & 0o777).toString(8))
      assert.deepStrictEqual(modes(), ["600", "600"])
      assert.strictEqual(Fs.statSync(dir).mode & 0o777, 0o700)
      yield* ssh.close(good)
      yield* happens("nothing is left", () => Fs.readdirSync(dir).length === 0)
      // Of a connection that ended by itself, and whose configuration is another today.
      Fs.writeFileSync(Path.join(dir, `${"x".repeat(13)}.log`), "")
      yield* Effect.provide(say("two"), Layer.fresh(transport()))
      assert.strictEqual(modes().length, 2)
    })
  )

  test(
    "where ssh's sockets do not fit beside the sessions, they are in a directory of the login, or of the user",
    Effect.gen(function*() {
      const { home } = yield* Machinery
      const withEnv = yield* environments
      // Appended to it: our directory, a key, and what ssh adds while it creates the socket.
      const room = socketPathLimit(process.platform) - "/ssh/".length - 13 - 17
      const dirOf = (bytes: number) => Path.join(home, "x".repeat(bytes - home.length - 1))
      const [runtime, temporary] = [Path.join(home, "run"), Path.join(home, "tmp")]
      const uses = Effect.fnUntraced(function*(env: Readonly<Record<string, string>>) {
        const at = withEnv({ XDG_RUNTIME_DIR: "", TMPDIR: temporary, ...env })
        assert.strictEqual(yield* Effect.provide(say("one"), at), "one")
        const used = [env["SESH_DIR"]!, Path.join(runtime, "sesh"), Path.join(temporary, `sesh-${process.getuid!()}`)]
          .filter((dir) => Fs.existsSync(Path.join(dir, "ssh")) && Fs.readdirSync(Path.join(dir, "ssh")).length > 0)
        yield* Effect.provide(Effect.flatMap(SshTransport, ({ close }) => close(good)), at)
        return used
      })
      Fs.mkdirSync(runtime, 0o700)
      Fs.mkdirSync(temporary)
      const [fits, long] = [dirOf(room), dirOf(room + 1)]
      assert.deepStrictEqual(yield* uses({ SESH_DIR: fits, XDG_RUNTIME_DIR: runtime }), [fits])
      assert.deepStrictEqual(yield* uses({ SESH_DIR: long, XDG_RUNTIME_DIR: runtime }), [Path.join(runtime, "sesh")])
      const own = Path.join(temporary, `sesh-${process.getuid!()}`)
      assert.deepStrictEqual(yield* uses({ SESH_DIR: long }), [own])
      assert.strictEqual(Fs.statSync(own).mode & 0o777, 0o700)
      // Somebody else may have been there first.
      Fs.chmodSync(own, 0o777)
      const error = yield* Effect.flip(uses({ SESH_DIR: long }))
      assert.include(error.message, "is too long for a socket")
      assert.include(error.message, "set TMPDIR or SESH_DIR")
    })
  )

  changedKey(test)
  heldOutput(test)
  heldSession(test)
  today(test)
  narrow(test)

  test(
    "a Match whose command says otherwise today leads elsewhere",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const { sshd: elsewhere } = yield* special("elsewhere")
      const flag = Path.join(ssh.dir, "flag")
      ;(yield* prefixed)(`Match host moving exec "test -e ${flag}"\n  Port ${elsewhere.port}`)
      ssh.host("moving", { Port: sshd.port })
      assert.strictEqual(yield* portOf(), sshd.port)
      Fs.writeFileSync(flag, "")
      assert.strictEqual(yield* portOf(), elsewhere.port)
    })
  )

  test(
    "a banner that speaks of a changed key is not believed",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const banner = Path.join(ssh.dir, "banner")
      const lines = [
        "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
        `Offending ED25519 key in ${ssh.knownHosts}:3`,
        `  ssh-keygen -f "${ssh.knownHosts}" -R 'bank.example'`,
        "Host key verification failed."
      ]
      const { sshd: lying } = yield* special("lying", `Banner ${banner}`)
      // Long enough that the end of the log is nothing else.
      for (const filler of ["", "x\n".repeat(25_000)]) {
        Fs.writeFileSync(banner, [filler, ...lines, ""].join("\n"))
        ssh.host(`denied${filler.length}`, { Port: lying.port, IdentityFile: ssh.keygen(`wrong${filler.length}`) })
        const error = yield* Effect.flip(say("one", hostNamed(`denied${filler.length}`)))
        assert.strictEqual(error._tag, "AuthenticationFailed", error.message)
      }
      // Behind a jump host, what it prints cannot be told from what ssh says: no other's name is believed.
      ssh.host("jump", { Port: lying.port, IdentityFile: ssh.keygen("wrongjump") })
      ssh.host("behind", { Port: sshd.port, ProxyJump: "jump" })
      const error = yield* Effect.flip(say("one", hostNamed("behind")))
      assert.notInclude(error.message, "bank.example")
    })
  )

  test(
    "where the agent is forwarded, a connection made with another agent is not taken for this one's",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const withEnv = yield* environments
      const there = yield* masters
      ssh.host("passing", { Port: sshd.port, ForwardAgent: "yes", IdentityAgent: "SSH_AUTH_SOCK" })
      ssh.host("naming", { Port: sshd.port, ForwardAgent: "$OTHER" })
      ssh.host("keeping", { Port: sshd.port })
      const names = ["first", "second"]
      for (const name of names) {
        const SSH_AUTH_SOCK = yield* Effect.promise(() => ssh.agent(ssh.keygen(name)))
        const layer = withEnv({ SESH_DIR: Path.join(ssh.dir, "s"), SSH_AUTH_SOCK, OTHER: SSH_AUTH_SOCK })
        const keys = (host: string) =>
          Effect.provide(
            Effect.flatMap(SshTransport, ({ exec }) => exec(hostNamed(host), ["ssh-add", "-l"])),
            layer
          ).pipe(Effect.map(({ stdout }) => stdout.toString()))
        for (const host of ["passing", "naming", "passing"]) assert.include(yield* keys(host), name)
        assert.notInclude(yield* keys("keeping"), name)
      }
      assert.strictEqual(there().length, 5, "one where none is forwarded")
    })
  )
  stuckShell(test, (shellTimeout) => Effect.map(Machinery, ({ transport }) => transport({ shellTimeout })))

  for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
    test(
      `a connection whose process got ${signal} is replaced`,
      Effect.gen(function*() {
        const there = yield* masters
        assert.strictEqual(yield* say("one"), "one")
        const [pid] = there()
        process.kill(pid!, signal)
        assert.strictEqual(yield* say("two"), "two")
        assert.isAbove(there().filter((other) => other !== pid).length, 0)
      })
    )
  }

  test(
    "a connection over a dead link is replaced, and nothing runs twice",
    Effect.gen(function*() {
      const { home, link } = yield* Machinery
      const ssh = yield* SshTransport
      const linked = hostNamed("linked")
      assert.strictEqual(yield* say("one", linked), "one")
      link.cut()
      const file = Path.join(home, "ran")
      const running = ssh.exec(linked, ["sh", "-c", "echo ran >> \"$1\"", "sh", file], { connectTimeout: 30_000 })
      const there = yield* masters
      const [pid] = there()
      const healed = Effect.andThen(
        happens("the old one is gone", () => !there().includes(pid!)),
        Effect.sync(link.heal)
      )
      yield* Effect.all([running, healed], { concurrency: "unbounded" })
      assert.strictEqual(Fs.readFileSync(file, "utf8"), "ran\n")
    })
  )

  test(
    "after a restart of sshd there is a new connection",
    Effect.gen(function*() {
      const { good: sshd } = yield* Machinery
      const says = hear(yield* Effect.flatMap(SshTransport, (ssh) => ssh.start(good, run("echo"))))
      yield* happens("it is ready", () => says.text() === "ready")
      yield* Effect.promise(sshd.restart)
      yield* happens("it was lost", () => says.ends.length === 1)
      assert.strictEqual(yield* say("two"), "two")
    })
  )

  test(
    "what login scripts print is not part of a program's output",
    Effect.gen(function*() {
      const { host } = yield* special(
        "chatty",
        "ForceCommand echo Welcome; printf 'no newline \\033[2J'; eval \"$SSH_ORIGINAL_COMMAND\""
      )
      assert.strictEqual(yield* say("one", host), "one")
    })
  )

  test(
    "an account that runs nothing is reported; the host's text about it moves no cursor",
    Effect.gen(function*() {
      const { host } = yield* special(
        "closed",
        "ForceCommand printf '\\033[2J\\033]0;x\\007This account is closed.\\n'; exit 1"
      )
      const error = yield* Effect.flip(say("one", host))
      assert.strictEqual(error._tag, "NoShell")
      assert.include(error.message, "This account is closed.")
      assert.notMatch(error.message, /[\u0000-\u001f]/)
      const endless = yield* special("endless", "ForceCommand yes")
      assert.strictEqual((yield* Effect.flip(say("one", endless.host)))._tag, "NoShell")
    })
  )

  test(
    "where sshd drops handshakes beyond a few, many hosts on it are still reached",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const { sshd } = yield* special("first", "MaxStartups 4:90:10")
      const names = Array.from({ length: 12 }, (_, index) => `alias${index}`)
      for (const name of names) ssh.host(name, { Port: sshd.port })
      const words = yield* Effect.forEach(
        names,
        (name) =>
          Effect.flatMap(
            SshTransport,
            (ssh) => ssh.exec(hostNamed(name), run("say", name, "", "0"), { connectTimeout: 30_000 })
          ),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(words.map(({ stdout }) => stdout.toString()), names)
    })
  )

  test(
    "a host behind one that cannot be reached, or refuses the login, says why",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      ssh.host("behind1", { ProxyJump: "refusing" })
      ssh.host("behind2", { ProxyJump: "wrongkey" })
      ssh.host("hop3", {
        Port: sshd.port,
        IdentityFile: Path.join(ssh.dir, "wrong"),
        StrictHostKeyChecking: "accept-new"
      })
      ssh.host("behind3", { ProxyJump: "hop3" })
      const first = yield* Effect.flip(say("one", hostNamed("behind1")))
      assert.strictEqual(first._tag === "HostUnreachable" && first.reason, "refused", first.message)
      // The jump host's own ssh asks about its key.
      const second = yield* Effect.flip(say("one", hostNamed("behind2")))
      assert.strictEqual(second._tag, "HostKeyUnknown", second.message)
      const third = yield* Effect.flip(say("one", hostNamed("behind3")))
      assert.strictEqual(third._tag, "AuthenticationFailed", third.message)
    })
  )

  test(
    "the user's own settings do not disturb the transport",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      ssh.host("furnished", {
        Port: sshd.port,
        RemoteCommand: "tmux attach",
        RequestTTY: "force",
        LocalForward: `127.0.0.1:${sshd.port} 127.0.0.1:1`,
        ExitOnForwardFailure: "yes",
        PermitLocalCommand: "yes",
        LocalCommand: "echo local",
        StdinNull: "yes",
        SessionType: "none",
        ForkAfterAuthentication: "yes",
        LogLevel: "QUIET",
        ControlMaster: "auto",
        ControlPath: Path.join(ssh.dir, "own-%C")
      })
      const { status, stdout } = yield* Effect.flatMap(
        SshTransport,
        (ssh) => ssh.exec(hostNamed("furnished"), run("sum"), { stdin: Buffer.from("x") })
      )
      assert.deepStrictEqual([status.code, stdout.length], [0, 65])
      assert.isFalse(Fs.readdirSync(ssh.dir).some((name) => name.startsWith("own-")))
    })
  )

  test(
    "a lost channel reports the loss even when nothing was received",
    Effect.gen(function*() {
      const ssh = yield* SshTransport
      const lab = yield* Lab
      const says = attend(yield* ssh.connectSocket(good, lab.path("sum")))
      lab.kill()
      yield* happens("it is over", () => says.ends.length === 1)
      assert.strictEqual(says.ends[0]?._tag, "ConnectionLost")
    })
  )

  test(
    "without ssh on a PATH that ends with a file, the message says what to do",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const env = { PATH: `/nowhere:${Path.join(ssh.dir, "authorized_keys")}` }
      const { message } = yield* Effect.flip(Effect.provide(say("one"), (yield* environments)(env)))
      assert.strictEqual(message, "there is no ssh on PATH; install OpenSSH's client")
    })
  )

  test(
    "without ssh, or a directory for its sockets, the message says what to do",
    Effect.gen(function*() {
      const { transport } = yield* Machinery
      const error = yield* Effect.flip(Effect.provide(say("one"), transport({ program: "no-such-ssh" })))
      assert.deepStrictEqual([error._tag, error.message], [
        "SshMissing",
        "there is no no-such-ssh on PATH; install OpenSSH's client"
      ])
    })
  )
})
