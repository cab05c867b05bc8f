import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import type { Ask } from "../../../../src/layers/ssh/ssh2/ask.ts"
import { SshTransport } from "../../../../src/services/SshTransport.ts"
import { narrow } from "../../../contract/ssh/narrow.ts"
import { heldOutput, heldSession, NEEDS, say, special, stuckShell } from "../../../contract/ssh/real.ts"
import { test } from "../../../contract/ssh/ssh2.ts"
import { today } from "../../../contract/ssh/today.ts"
import { suite } from "../../../contract/SshTransport.ts"
import { Machinery, ssh2Hosts } from "../../../fixtures/sshHosts.ts"
import { describeWith } from "../../../support/needs.ts"
import type { Sshd } from "../../../support/sshd.ts"
import { attend, happens, hear, hostNamed, Lab, LARGE, run } from "../../../support/sshSuite.ts"

const good = hostNamed("good")

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

/**
 * Milliseconds to the answer to two packets whose second waits for the acknowledgement of the first (Nagle). The kernel
 * delays that acknowledgement as long as it can on this machine. The median of the last ones: the kernel delays only
 * after a while.
 */
const delayed = Effect.promise(async () => {
  const server = Net.createServer((socket) => {
    let bytes = 0
    socket.on("data", ({ length }) => {
      bytes += length
      if (bytes % 2 === 0) socket.write("x")
    })
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const socket = Net.connect((server.address() as Net.AddressInfo).port, "127.0.0.1")
  const times: Array<number> = []
  for (let turn = 1; turn <= 40; turn++) {
    const begin = performance.now()
    socket.write("x")
    socket.write("x")
    await once(socket, "data")
    times.push(performance.now() - begin)
  }
  socket.destroy()
  server.close()
  return times.slice(-11).toSorted((a, b) => a - b)[5]!
})

describeWith(NEEDS, "on real hosts", () => suite("SshTransportSsh2", ssh2Hosts))

describeWith(
  NEEDS,
  "SshTransportSsh2, shells",
  () => stuckShell(test, (shellTimeout) => Effect.map(Machinery, ({ transport2 }) => transport2({ shellTimeout })))
)

describeWith(NEEDS, "SshTransportSsh2, connections", () => {
  heldOutput(test)
  heldSession(test)
  today(test)
  narrow(test)

  test(
    "one serves all callers at once, and its host is recorded once",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const words = yield* Effect.all(["a", "b", "c"].map((word) => say(word)), { concurrency: "unbounded" })
      assert.deepStrictEqual(words, ["a", "b", "c"])
      assert.strictEqual(count(sshd.log(), /Accepted publickey/g), 1)
      assert.strictEqual(Fs.readFileSync(ssh.knownHosts, "utf8"), `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`)
    })
  )

  test(
    "nothing is waited for while a jump host on the way asks: a line that tells of it would hide the question",
    Effect.gen(function*() {
      const { good: sshd, ssh, transport2 } = yield* Machinery
      ssh.host("behind", { Port: sshd.port, ProxyJump: "locked" })
      let waits = 0
      const during: Array<number> = []
      const ask: Ask = () => {
        during.push(waits)
        return Promise.resolve("a passphrase")
      }
      const onWait = () => {
        let isOver = false
        waits++
        return () => {
          if (!isOver) waits--
          isOver = true
        }
      }
      const through = say("through", hostNamed("behind"), { prompts: "interactive", onWait })
      assert.strictEqual(yield* Effect.provide(through, transport2({ ask })), "through")
      assert.deepStrictEqual([during, waits], [[0], 0])
    })
  )

  test(
    "an unused one is closed, one in use is not, and none outlives its layer",
    Effect.gen(function*() {
      const { good: sshd, transport2 } = yield* Machinery
      const all = (of: Sshd) => count(of.log(), /Received disconnect|Connection closed by|Disconnected from/g)
      const neighbour = yield* special("neighbour")
      // The lab has looked whether they answer.
      const atFirst = new Map([sshd, neighbour.sshd].map((of) => [of, all(of)]))
      const gone = (of: Sshd) => all(of) - atFirst.get(of)!
      const closed = () => gone(sshd)
      const used = Effect.gen(function*() {
        const ssh = yield* SshTransport
        const scope = yield* Scope.make()
        const says = hear(yield* Scope.provide(ssh.start(good, run("echo")), scope))
        yield* happens("it is ready", () => says.text() === "ready")
        yield* say("meanwhile")
        yield* say("unused from now on", neighbour.host)
        yield* happens("that was closed", () => gone(neighbour.sshd) > 0)
        assert.strictEqual(closed(), 0)
        yield* Scope.close(scope, yield* Effect.exit(Effect.void))
        yield* happens("it was closed", () => closed() > 0)
        assert.deepStrictEqual(says.ends, [])
        assert.strictEqual(yield* say("again"), "again")
        assert.strictEqual(count(sshd.log(), /Accepted publickey/g), 2)
      })
      yield* Effect.provide(used, transport2({ persist: "100 millis" }))
      const before = closed()
      yield* Effect.provide(say("once"), transport2())
      yield* happens("it was closed with its layer", () => closed() > before)
    })
  )

  test(
    "bytes that are typed one by one come back at once, not after a delayed acknowledgement",
    Effect.gen(function*() {
      const lab = yield* Lab
      const channel = yield* Effect.flatMap(SshTransport, (ssh) => ssh.connectSocket(good, lab.path("echo")))
      const says = attend(channel)
      const times: Array<number> = []
      for (let turn = 1; turn <= 40; turn++) {
        const begin = performance.now()
        channel.write(Buffer.from("x"))
        yield* happens("it came back", () => says.bytes() === turn)
        times.push(performance.now() - begin)
      }
      assert.isBelow(Math.min(...times.slice(5)), (yield* delayed) / 2)
    })
  )

  test(
    "a flood continues during a key re-exchange, and the host is not judged again",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const { host } = yield* special("rekeying", "RekeyLimit 1M")
      const says = hear(yield* Effect.flatMap(SshTransport, (ssh) => ssh.start(host, run("pour", String(LARGE)))))
      yield* happens("it flows", () => says.bytes() > 0)
      Fs.writeFileSync(ssh.knownHosts, "")
      yield* happens("it ended", () => says.ends.length === 1)
      assert.deepStrictEqual([says.bytes(), says.ends], [LARGE, [{ code: 0 }]])
      assert.strictEqual(Fs.readFileSync(ssh.knownHosts, "utf8"), "")
    })
  )

  test(
    "a program that does not read is destroyed, with all that waits for it",
    Effect.gen(function*() {
      const ssh = yield* SshTransport
      const deaf = yield* ssh.start(good, ["sh", "-c", "sleep 2; exec cat >/dev/null"])
      const says = hear(deaf)
      while (deaf.write(Buffer.alloc(256 * 1024)));
      deaf.destroy()
      assert.isTrue(deaf.write(Buffer.from("more")))
      assert.strictEqual(yield* say("next"), "next")
      assert.deepStrictEqual(says.ends, [])
    })
  )

  test(
    "bytes written to a lost connection are dropped without an error",
    Effect.gen(function*() {
      const lab = yield* Lab
      const ssh = yield* SshTransport
      const channel = yield* ssh.connectSocket(good, lab.path("sum"))
      const there = yield* ssh.start(good, run("sum"))
      const says = [attend(channel), hear(there)] as const
      lab.kill()
      yield* happens("both heard it", () => says.every(({ ends }) => ends.length === 1))
      for (const to of [channel, there]) {
        assert.isTrue(to.write(Buffer.from("into the void")))
        to.end()
        to.destroy()
      }
    })
  )

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
      const before = link.taken()
      const healed = Effect.andThen(happens("another is made", () => link.taken() > before), Effect.sync(link.heal))
      yield* Effect.all([running, healed], { concurrency: "unbounded" })
      assert.strictEqual(Fs.readFileSync(file, "utf8"), "ran\n")
    })
  )

  test(
    "where sshd drops handshakes, or opens few sessions, every program gets its turn",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const { host, sshd } = yield* special("few", "MaxSessions 2", "MaxStartups 4:90:10")
      const names = Array.from({ length: 10 }, (_, index) => `alias${index}`)
      for (const name of names) ssh.host(name, { Port: sshd.port })
      const all = [...names.map(hostNamed), ...names.map(() => host)]
      const words = yield* Effect.forEach(all, (name) => say(name, name, { connectTimeout: 30_000 }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(words, all)
    })
  )
})
