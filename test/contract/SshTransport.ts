import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { HostName } from "../../src/schema/HostName.ts"
import { exitCode, type ExitStatus } from "../../src/schema/Session.ts"
import { SshTransport } from "../../src/services/SshTransport.ts"
import { attend, CHUNK, happens, hear, hostNamed, Lab, LARGE, type Peer, run, sha256 } from "../support/sshSuite.ts"

const good = hostNamed("good")
const other = hostNamed("other")

const HOSTILE = [
  "two words",
  "it's",
  "\"double\" \\\"",
  "line\nfeed\r\ttab",
  "$HOME ${HOME} $(id)",
  "`id`",
  "* ? [a-z] {a,b} ~",
  "",
  "-n",
  "äöü 漢字 🙂 \u202e",
  "back\\slash\\",
  "; exit 1 & | < > #",
  "!! !$ ^a^b"
]

/** Writes a large number of bytes as fast as they are taken, then the end. */
const flood = (to: { write: (bytes: Buffer) => boolean; end: () => void }, drained: () => number) =>
  Effect.gen(function*() {
    for (let left = LARGE; left > 0; left -= CHUNK.length) {
      const before = drained()
      if (!to.write(CHUNK)) yield* happens("it drained", () => drained() > before)
    }
    to.end()
  })

const FLOOD_SHA = sha256(...Array.from({ length: LARGE / CHUNK.length }, () => CHUNK))

const exec = (host: HostName, argv: ReadonlyArray<string>, stdin?: Buffer) =>
  Effect.flatMap(SshTransport, (ssh) => ssh.exec(host, argv, stdin === undefined ? {} : { stdin }))

const connect = Effect.fnUntraced(function*(host: HostName, peer: Peer, bridged = false) {
  const ssh = yield* SshTransport
  const lab = yield* Lab
  const path = lab.path(peer)
  return yield* ssh.connectSocket(host, path, bridged ? { bridge: lab.bridge(path) } : {})
})

const program = (host: HostName, ...args: Parameters<typeof run>) =>
  Effect.flatMap(SshTransport, (ssh) => ssh.start(host, run(...args)))

/** What {@link SshTransport} promises, whoever keeps it. */
export const suite = <E>(name: string, layer: Layer.Layer<SshTransport | Lab, E>) =>
  describe(name, () => {
    const test = <A, E>(name: string, effect: Effect.Effect<A, E, SshTransport | Lab | Scope.Scope>) =>
      it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(layer)), 60_000)

    test(
      "arguments arrive exactly as they are",
      Effect.gen(function*() {
        const { status, stdout } = yield* exec(good, run("args", ...HOSTILE))
        assert.deepStrictEqual(stdout.toString().split("\0"), [...HOSTILE, ""])
        assert.deepStrictEqual(status, { code: 0 })
      })
    )

    test(
      "what cannot be an argument is refused before anything is sent",
      Effect.gen(function*() {
        for (const argv of [[], [""], ["-x"], ["sh", "a\0b"], ["sh", "\ud800"], ["sh", "x".repeat(200_000)]]) {
          assert.strictEqual((yield* Effect.flip(exec(good, argv)))._tag, "BadArgument")
        }
        const ssh = yield* SshTransport
        for (const path of ["", "relative", "/a\0b", `/${"x".repeat(200)}`]) {
          assert.strictEqual((yield* Effect.flip(ssh.connectSocket(good, path)))._tag, "BadArgument")
        }
      })
    )

    test(
      "a program's two outputs arrive apart, and its status",
      Effect.gen(function*() {
        for (const code of [0, 3, 255]) {
          const { status, stderr, stdout } = yield* exec(good, run("say", "out", "err\u001b", String(code)))
          assert.deepStrictEqual([stdout.toString(), stderr.toString(), status], ["out", "err\u001b", { code }])
        }
      })
    )

    test(
      "a program that was killed says so",
      Effect.gen(function*() {
        assert.strictEqual(exitCode((yield* exec(good, run("die", "KILL"))).status), 137)
        const { status, stderr } = yield* exec(good, run("die", "TERM"))
        assert.deepStrictEqual([exitCode(status), stderr.toString()], [143, ""])
        const says = hear(yield* program(good, "die", "KILL"))
        yield* happens("it ended", () => says.ends.length === 1)
        assert.strictEqual(exitCode(says.ends[0] as ExitStatus), 137)
      })
    )

    test(
      "a program that is not there is status 127, as in a shell",
      Effect.gen(function*() {
        const { status, stderr } = yield* exec(good, ["no-such-program-at-all"])
        assert.strictEqual(status.code, 127)
        assert.include(stderr.toString(), "not found")
      })
    )

    test(
      "a program reads what it is given, to the end of it",
      Effect.gen(function*() {
        const stdin = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
        assert.strictEqual((yield* exec(good, run("sum"), stdin)).stdout.toString(), `${sha256(stdin)}\n`)
        assert.strictEqual((yield* exec(good, run("sum"))).stdout.toString(), `${sha256()}\n`)
      })
    )

    test(
      "more output than is wanted is an error, not a lot of memory",
      Effect.gen(function*() {
        const ssh = yield* SshTransport
        const error = yield* Effect.flip(ssh.exec(good, run("pour", String(LARGE)), { limit: 100_000 }))
        assert.strictEqual(error._tag, "OutputTooLarge")
      })
    )

    test(
      "a running program is talked to",
      Effect.gen(function*() {
        const there = yield* program(good, "echo")
        const says = hear(there)
        yield* happens("it is ready", () => says.text() === "ready")
        there.write(Buffer.from("one"))
        yield* happens("it answered", () => says.text() === "readyone")
        there.write(Buffer.from("two"))
        there.end()
        yield* happens("it ended", () => says.ends.length === 1)
        assert.strictEqual(says.text(), "readyonetwo")
        assert.deepStrictEqual(says.ends, [{ code: 0 }])
      })
    )

    test(
      "who listens late misses nothing",
      Effect.gen(function*() {
        const there = yield* program(good, "say", "out", "err", "0")
        yield* Effect.sleep(200)
        const says = hear(there)
        assert.strictEqual(says.text(), "", "nothing comes before listen returns")
        yield* happens("it ended", () => says.ends.length === 1)
        assert.deepStrictEqual([says.text(), says.stderr], ["out", "err"])
      })
    )

    test(
      "a flood goes through a program in both directions, byte for byte, whether the reader pauses or not",
      Effect.gen(function*() {
        const out = yield* program(good, "pour", String(LARGE))
        const says = hear(out)
        yield* happens("it flows", () => says.bytes() > 0)
        out.pause()
        const at = says.bytes()
        yield* Effect.sleep(300)
        assert.strictEqual(says.bytes(), at, "nothing comes while paused")
        out.resume()
        yield* happens("it ended", () => says.ends.length === 1)
        assert.deepStrictEqual([says.bytes(), says.hash(), says.ends], [LARGE, FLOOD_SHA, [{ code: 0 }]])

        const into = yield* program(good, "sum")
        const answer = hear(into)
        yield* flood(into, () => answer.drained)
        yield* happens("it ended", () => answer.ends.length === 1)
        assert.strictEqual(answer.text(), `${FLOOD_SHA}\n`)
        assert.isAbove(answer.drained, 0, "the writer was held back")
      })
    )

    test(
      "a socket on the host is talked to",
      Effect.gen(function*() {
        const channel = yield* connect(good, "echo")
        const says = attend(channel)
        for (let turn = 1; turn <= 50; turn++) {
          channel.write(Buffer.from(`${turn};`))
          yield* happens("it came back", () => says.text().endsWith(`${turn};`))
        }
        channel.end()
        yield* happens("it is over", () => says.ends.length === 1)
        assert.deepStrictEqual([says.saidAll, says.ends], [1, [undefined]])
      })
    )

    test(
      "each direction of a socket ends by itself",
      Effect.gen(function*() {
        const asking = yield* connect(good, "sum")
        const answer = attend(asking)
        asking.write(Buffer.from("all I say"))
        asking.end()
        yield* happens("it is over", () => answer.ends.length === 1)
        assert.strictEqual(answer.text(), sha256(Buffer.from("all I say")))
        assert.deepStrictEqual([answer.saidAll, answer.ends], [1, [undefined]])
      })
    )

    test(
      "a flood goes through a socket in both directions, byte for byte",
      Effect.gen(function*() {
        const out = yield* connect(good, "pour")
        const says = attend(out)
        yield* happens("it has said all", () => says.saidAll === 1)
        assert.deepStrictEqual([says.bytes(), says.hash()], [LARGE, FLOOD_SHA])
        out.end()

        const into = yield* connect(good, "sum")
        const answer = attend(into)
        yield* flood(into, () => answer.drained)
        yield* happens("it is over", () => answer.ends.length === 1)
        assert.strictEqual(answer.text(), FLOOD_SHA)
        assert.isAbove(answer.drained, 0, "the writer was held back")
      })
    )

    test(
      "where nobody listens, the socket is refused: at once or as its end",
      Effect.gen(function*() {
        const result = yield* Effect.result(connect(good, "nobody"))
        if (Result.isFailure(result)) return assert.strictEqual(result.failure._tag, "SocketRefused")
        const says = attend(result.success)
        result.success.write(Buffer.from("hello"))
        yield* happens("it is over", () => says.ends.length === 1)
        assert.strictEqual(says.ends[0]?._tag, "SocketRefused")
      })
    )

    test(
      "where sshd forwards no sockets, the bridge leads there, with what was said before",
      Effect.gen(function*() {
        const refused = attend(yield* connect(hostNamed("sealed"), "nobody", true))
        yield* happens("it is over", () => refused.ends.length === 1)
        assert.strictEqual(refused.ends[0]?._tag, "SocketRefused")
        for (let time = 1; time <= 2; time++) {
          const channel = yield* connect(hostNamed("sealed"), "echo", true)
          const says = attend(channel)
          channel.write(Buffer.from("one"))
          channel.write(Buffer.from("two"))
          yield* happens("it came back", () => says.text() === "onetwo")
          channel.end()
          yield* happens("it is over", () => says.ends.length === 1)
          assert.deepStrictEqual([says.saidAll, says.ends], [1, [undefined]])
        }
      })
    )

    test(
      "who destroys a channel hears the end, and nothing else",
      Effect.gen(function*() {
        const channel = yield* connect(good, "pour")
        const says = attend(channel)
        yield* happens("it flows", () => says.bytes() > 0)
        channel.destroy()
        const at = says.bytes()
        yield* happens("it is over", () => says.ends.length === 1)
        assert.deepStrictEqual([says.bytes(), says.ends], [at, [undefined]])
      })
    )

    test(
      "the end of the scope silences a program",
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const there = yield* Scope.provide(program(good, "echo"), scope)
        const says = hear(there)
        yield* happens("it is ready", () => says.text() === "ready")
        yield* Scope.close(scope, yield* Effect.exit(Effect.void))
        there.write(Buffer.from("one"))
        yield* exec(good, run("say", "", "", "0"))
        assert.deepStrictEqual([says.text(), says.ends], ["ready", []])
      })
    )

    for (
      const [host, tag, says] of [
        ["refusing", "HostUnreachable", "refuses"],
        ["missing", "HostUnreachable", "no host named"],
        ["silent", "HostUnreachable", "does not answer"],
        ["changed", "HostKeyChanged", "ssh-keygen -R"],
        ["strict", "HostKeyUnknown", "not known"],
        ["wrongkey", "AuthenticationFailed", "Permission denied"],
        ["locked", "AuthenticationFailed", "does not let us in"]
      ] as const
    ) {
      test(
        `${host}: every way there fails with ${tag}, and says what to do`,
        Effect.gen(function*() {
          const ssh = yield* SshTransport
          const options = { connectTimeout: host === "silent" ? 1000 : 20_000 }
          const name = hostNamed(host)
          const lab = yield* Lab
          const errors = yield* Effect.all([
            Effect.flip(ssh.exec(name, ["true"], options)),
            Effect.flip(Effect.scoped(ssh.start(name, ["true"], options))),
            Effect.flip(Effect.scoped(ssh.connectSocket(name, lab.path("echo"), options)))
          ], { concurrency: "unbounded" })
          for (const error of errors) {
            assert.strictEqual(error._tag, tag, error.message)
            assert.include(error.message, says)
            assert.include(error.message, host)
            assert.notMatch(error.message, /[\u0000-\u001f]/)
          }
        })
      )
    }

    for (const name of ["agent", "jumped"]) {
      test(
        `a host is reached as the user's configuration says: ${name}`,
        Effect.map(exec(hostNamed(name), run("say", name, "", "0")), ({ stdout }) =>
          assert.strictEqual(stdout.toString(), name))
      )
    }

    test(
      "a connection that is killed is lost, to programs and sockets; the next one is made anew",
      Effect.gen(function*() {
        const lab = yield* Lab
        const there = yield* program(good, "echo")
        const channel = yield* connect(good, "echo")
        const says = [hear(there), attend(channel)] as const
        channel.write(Buffer.from("hello"))
        yield* happens("both are there", () =>
          says[0].text() === "ready" && says[1].text() === "hello")
        lab.kill()
        yield* happens("both heard it", () => says.every(({ ends }) => ends.length === 1))
        for (const { ends, saidAll } of says) {
          assert.strictEqual((ends[0] as { readonly _tag?: string })._tag, "ConnectionLost")
          assert.strictEqual(saidAll, 0, "that was no orderly end")
        }
        assert.strictEqual((yield* exec(good, run("say", "again", "", "0"))).stdout.toString(), "again")
      })
    )

    test(
      "a link that falls silent is noticed",
      Effect.gen(function*() {
        const lab = yield* Lab
        const channel = yield* connect(hostNamed("linked"), "echo")
        const says = attend(channel)
        channel.write(Buffer.from("hello"))
        yield* happens("it is there", () => says.text() === "hello")
        lab.silence()
        yield* happens("it was noticed", () => says.ends.length === 1)
        assert.strictEqual(says.ends[0]?._tag, "ConnectionLost")
      })
    )

    test(
      "many programs run at once, on two hosts",
      Effect.gen(function*() {
        const results = yield* Effect.forEach(
          Array.from({ length: 24 }, (_, index) => [index % 4 === 0 ? other : good, String(index)] as const),
          ([host, word]) => exec(host, run("say", word, "", "0")),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(results.map(({ stdout }) => stdout.toString()), results.map((_, index) => String(index)))
      })
    )

    test(
      "a connection that is given up is lost, and made anew when needed",
      Effect.gen(function*() {
        const ssh = yield* SshTransport
        const says = hear(yield* program(good, "echo"))
        yield* happens("it is ready", () => says.text() === "ready")
        yield* ssh.close(good)
        yield* happens("it was told", () => says.ends.length === 1)
        assert.strictEqual((says.ends[0] as { readonly _tag?: string })._tag, "ConnectionLost")
        assert.strictEqual((yield* exec(good, run("say", "again", "", "0"))).stdout.toString(), "again")
        yield* ssh.close(hostNamed("missing"))
      })
    )

    test(
      "who is interrupted while connecting leaves the others their connection",
      Effect.gen(function*() {
        const first = yield* Effect.forkChild(exec(good, run("say", "first", "", "0")))
        const second = yield* Effect.forkChild(exec(good, run("say", "second", "", "0")))
        yield* Effect.sleep(10)
        yield* Fiber.interrupt(first)
        assert.strictEqual((yield* Fiber.join(second)).stdout.toString(), "second")
      })
    )

    test(
      "what a name leads to is told without asking the host",
      Effect.gen(function*() {
        const ssh = yield* SshTransport
        const { hostname, port, user } = yield* ssh.describe(hostNamed("somebody@refusing"))
        assert.deepStrictEqual([hostname, user], ["127.0.0.1", "somebody"])
        assert.isAbove(port, 0)
      })
    )
  })
