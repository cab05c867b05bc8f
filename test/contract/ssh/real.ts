/** Shared by the tests of the layers that reach real hosts. */
import { assert, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { type ConnectOptions, SshTransport } from "../../../src/services/SshTransport.ts"
import { Machinery } from "../../fixtures/sshHosts.ts"
import { happens, hear, hostNamed, Lab, LARGE, run } from "../../support/sshSuite.ts"
import { good } from "./common.ts"

export const NEEDS = ["ssh", "sshd", "ssh-keygen", "ssh-agent"]

export const say = (word: string, host = good, options: ConnectOptions = {}) =>
  Effect.map(
    Effect.flatMap(SshTransport, (ssh) => ssh.exec(host, run("say", word, "", "0"), options)),
    ({ stdout }) => stdout.toString()
  )

/** Declares tests on these hosts. */
export const testOn =
  <R>(hosts: Layer.Layer<R>) => <A, E>(name: string, effect: Effect.Effect<A, E, R | Scope.Scope>) =>
    it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(hosts)), 60_000)

/** Adds a host whose sshd has more options. */
export const special = (name: string, ...options: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { ssh } = yield* Machinery
    const sshd = yield* Effect.promise(() => ssh.start({ options }))
    ssh.host(name, { Port: sshd.port })
    return { sshd, host: hostNamed(name) }
  })

/** A shell that waits, and one that has another program to run. `transport`: with this patience for shells. */
export const stuckShell = (
  test: <A, E>(name: string, effect: Effect.Effect<A, E, SshTransport | Machinery>) => void,
  transport: (shellTimeout: Duration.Input) => Effect.Effect<Layer.Layer<SshTransport>, never, Machinery>
): void => {
  test(
    "a shell that does not get to the program is an error that says what to do",
    Effect.gen(function*() {
      for (const command of ["exec sleep 1000", "exec cat"]) {
        const { host } = yield* special(command.slice(5, 8), `ForceCommand ${command}`)
        const start = Effect.flatMap(SshTransport, (ssh) => ssh.start(host, run("echo")))
        const error = yield* Effect.flip(Effect.provide(Effect.scoped(start), yield* transport("1 second")))
        assert.strictEqual(error._tag, "ShellStuck")
        assert.include(error.message, `in 1 s`)
        assert.include(error.message, `try: ssh ${host} true`)
      }
    })
  )

  test(
    "a login script that reads its input gets to the program, where that has none",
    Effect.gen(function*() {
      const { host } = yield* special("reader", "ForceCommand cat; eval \"$SSH_ORIGINAL_COMMAND\"")
      assert.strictEqual(yield* say("one", host), "one")
    })
  )

  test(
    "a shell that takes its time gets to the program",
    Effect.gen(function*() {
      const { host } = yield* special("slow", "ForceCommand sleep 2; eval \"$SSH_ORIGINAL_COMMAND\"")
      assert.strictEqual(yield* say("one", host), "one")
    })
  )

  test(
    "a program that is given up before its shell got to it does not run",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const [began, over, ran] = ["began", "over", "ran"].map((name) => Path.join(ssh.dir, name))
      const wait = `until [ -e ${over} ]; do sleep 0.1; done`
      const { host } = yield* special("slow", `ForceCommand echo > ${began}; ${wait}; eval "$SSH_ORIGINAL_COMMAND"; :`)
      const { exec } = yield* SshTransport
      const running = yield* Effect.forkChild(exec(host, ["sh", "-c", `echo > ${ran}`]))
      yield* happens("its shell is there", () => Fs.existsSync(began!))
      yield* Fiber.interrupt(running)
      Fs.writeFileSync(over!, "")
      // A later one has its shell after that.
      assert.strictEqual(yield* say("one", host), "one")
      assert.isFalse(Fs.existsSync(ran!))
    })
  )
}

/** A login script that leaves a job behind, which holds the outputs open. */
export const heldOutput = (
  test: <A, E>(name: string, effect: Effect.Effect<A, E, SshTransport | Machinery | Scope.Scope>) => void
): void => {
  test(
    "a background job of a login script that holds the outputs holds up no end, and every byte comes before that",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const pids = Path.join(ssh.dir, "pids")
      const { host } = yield* special(
        "held",
        `ForceCommand sleep 1000 & echo $! >> ${pids}; eval "$SSH_ORIGINAL_COMMAND"`
      )
      const kill = Effect.sync(() => {
        for (const pid of Fs.readFileSync(pids, "utf8").trim().split("\n")) process.kill(Number(pid))
      })
      yield* Effect.addFinalizer(() => kill)
      const { exec, start } = yield* SshTransport
      const { status, stderr, stdout } = yield* exec(host, run("say", "out", "err", "3"))
      assert.deepStrictEqual([stdout.toString(), stderr.toString(), status], ["out", "err", { code: 3 }])
      const says = hear(yield* start(host, run("pour", String(LARGE))))
      yield* happens("it ended", () => says.ends.length === 1)
      assert.deepStrictEqual([says.bytes(), says.ends], [LARGE, [{ code: 0 }]])
      const echo = yield* start(host, run("echo"))
      const answers = hear(echo)
      yield* happens("it is ready", () => answers.text() === "ready")
      echo.write(Buffer.from("\u001e"))
      yield* happens("it answered", () => answers.text() === "ready\u001e")
      echo.end()
      yield* happens("it ended, too", () => answers.ends.length === 1)
    })
  )
}

/** sshd says so at LogLevel VERBOSE. */
const CLOSED = /^Close session: /m

export const heldSession = (
  test: <A, E>(name: string, effect: Effect.Effect<A, E, SshTransport | Machinery | Lab | Scope.Scope>) => void
): void => {
  test(
    "a background job of a login script does not keep the session with which a connection begins",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const lab = yield* Lab
      const pids = Path.join(ssh.dir, "pids")
      const { host, sshd } = yield* special("kept", `ForceCommand sleep 1000 & echo $! >> ${pids}`)
      const kill = Effect.sync(() => process.kill(Number(Fs.readFileSync(pids, "utf8"))))
      yield* Effect.addFinalizer(() => kill)
      yield* (yield* SshTransport).connectSocket(host, lab.path("echo"))
      yield* happens("it began", () => Fs.existsSync(pids))
      yield* happens("it ended", () => CLOSED.test(sshd.log()))
    })
  )
}

export const changedKey = (
  test: <A, E>(name: string, effect: Effect.Effect<A, E, SshTransport | Machinery>) => void
): void => {
  test(
    "nothing is sent to a host whose key has changed; the message has file, line and what to run",
    Effect.gen(function*() {
      const { good: sshd, ssh } = yield* Machinery
      const before = sshd.log().length
      const error = yield* Effect.flip(say("one", hostNamed("changed")))
      assert.strictEqual(error._tag, "HostKeyChanged")
      const file = Path.join(ssh.dir, "known_hosts_changed")
      assert.include(error.message, `${file}, line 2`)
      assert.include(error.message, `ssh-keygen -R '[127.0.0.1]:${sshd.port}' -f ${file}`)
      assert.notMatch(sshd.log().slice(before), /Accepted|Failed|userauth/)
    })
  )
}
