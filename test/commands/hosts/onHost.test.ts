import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { DaemonLauncherTestRef } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import { HostMemoryTestRef } from "../../../src/layers/testing/HostMemoryFake.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { PromptTestRef } from "../../../src/layers/testing/PromptFake.ts"
import type { FakeProgram } from "../../../src/layers/testing/PtyFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { fakeInfo } from "../../../src/layers/testing/SessionRegistryFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { WorldTestRef } from "../../../src/layers/testing/World.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { HostError } from "../../../src/services/HostError.ts"
import { eventually, settle } from "../../support/fakeClient.ts"
import { inWorld } from "../../support/inWorld.ts"

const on = (host: string) => Effect.map(WorldTestRef, ({ at }) => at(host))

/** Lines typed back, and the end with the line `exit`. */
const echo = (program: FakeProgram) => {
  program.onTyped = (bytes) => {
    program.print(bytes)
    if (bytes.includes("exit")) program.exit(5)
  }
}

const failing = (kind: HostError["kind"]) => ({
  hosts: { web: { failure: new HostError({ host: "web", problem: `web: it is ${kind}`, kind }) } }
})

describe("sesh @host", () => {
  it.effect("lists what is there, in the columns of the listing, seen from the home there", () =>
    inWorld(
      { hosts: { web: { sessions: [{ info: fakeInfo("api", { dir: "/home/there/api" }) }] } } },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("@web"), 0)
          assert.strictEqual(yield* sesh("--json", "@web"), 0)
          const { err, out } = yield* OutputTestRef
          assert.deepStrictEqual(out[0]!.split("\n"), [
            "NAME  CLIENTS  AGE  DIRECTORY  RUNNING",
            "api   0        0s   ~/api"
          ])
          const listing = JSON.parse(out[1]!)
          assert.deepStrictEqual([listing.version, listing.sessions[0].name, listing.hosts], [1, "api", undefined])
          assert.deepStrictEqual(err, [])
          const [host, options] = (yield* RemotesTestRef).looks.at(0)!
          assert.deepStrictEqual([host, options?.prompts], ["web", "interactive"])
        })
    ))

  it.effect("without sessions says how to begin, on a terminal only", () =>
    Effect.gen(function*() {
      const said = (outputIsTerminal: boolean) =>
        inWorld({ hosts: { web: {} }, outputIsTerminal, isAlone: !outputIsTerminal }, (sesh) =>
          Effect.andThen(sesh("@web"), Effect.map(OutputTestRef, ({ err, out }) => [...out, ...err])))
      assert.deepStrictEqual(yield* said(true), ["No sessions on web. Start one: sesh @web <name>"])
      assert.deepStrictEqual(yield* said(false), [])
    }))

  it.effect.each(
    [
      ["@web", 1],
      ["@web --json", 1],
      ["@web dev", 1],
      ["@web dev -d", 1],
      ["--watch @web dev", 1],
      ["--kill @web dev", 1],
      ["--kill @web dev other", 1],
      ["--detach @web dev", 1],
      ["--history @web dev", 1],
      ["--send @web dev x", 1],
      ["--wait @web dev", 1],
      ["--exec @web dev -- true", 125]
    ] as const
  )(
    "%s: an unreachable host is one line, and a failure",
    ([line, code]) =>
      inWorld(failing("refused"), (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh(...line.split(" ")), code)
          const { err, out } = yield* OutputTestRef
          assert.deepStrictEqual([out, err], [[], ["sesh: web: it is refused"]])
          assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
        }))
  )

  it.effect.each(
    [
      ["@web dev", 255, ""],
      ["--watch @web dev", 255, ""],
      ["--wait @web dev", 255, "; dev may still run there"],
      ["--exec @web dev -- true", 255, "; the command may still run"],
      ["--kill @web dev", 1, ""],
      ["--send @web dev x", 1, ""]
    ] as const
  )(
    "%s: a connection that was lost ends with %d",
    ([line, code, more]) =>
      inWorld(failing("lost"), (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh(...line.split(" ")), code)
          assert.deepStrictEqual((yield* OutputTestRef).err, [`sesh: web: it is lost${more}`])
        }))
  )

  it.effect("without a terminal no password is asked for", () =>
    inWorld({ hosts: { web: {} }, isAlone: true }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("@web", "dev", "-d")
        const [[host, options] = []] = (yield* RemotesTestRef).visits
        assert.deepStrictEqual([host, options?.prompts], ["web", "batch"])
      })))
})

describe("sesh @host <name>", () => {
  it.effect("creates there, in the home unless told where, attaches, and says where it was", () =>
    inWorld({ hosts: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh("@web", "dev"))
        const terminal = yield* TtyTestRef
        const { programs, specs } = yield* on("web")
        yield* eventually("a program", () => programs.all.length === 1)
        programs.last().print("there$ ")
        yield* eventually("the prompt", () => terminal.screen.includes("there$ "))
        terminal.type("\x1c")
        assert.strictEqual(yield* Fiber.join(running), 0)
        assert.strictEqual(yield* sesh("@web", "other", "sub", "-d", "--", "top", "@x"), 0)
        const env = { SHELL: "/bin/sh", TERM: "xterm-256color" }
        assert.deepInclude(specs[0], { name: "dev" as SessionName, dir: "/home/there", env, awaited: true })
        assert.deepInclude(specs[1], { dir: "/home/there/sub", command: ["top", "@x"], awaited: false })
        assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)

        const again = yield* Effect.forkChild(sesh("@web", "dev"))
        yield* eventually("the terminal again", () => terminal.opened === 2 && terminal.isOpen)
        yield* settle
        programs.all[0]!.exit(7)
        assert.strictEqual(yield* Fiber.join(again), 7)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[detached from dev on web]", "[dev on web ended]"])
        assert.strictEqual((yield* HostMemoryTestRef).reads(), 0)
      })))

  it.effect("a connection that is lost for good while attached ends with 255, and the session goes on", () =>
    inWorld({ hosts: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh("@web", "dev"))
        const terminal = yield* TtyTestRef
        yield* eventually("a terminal", () => terminal.isOpen)
        yield* settle
        const web = yield* on("web")
        web.host.failure = new HostError({ host: "web", problem: "its key\u001b[2J is another\u202e", kind: "refused" })
        web.network.links.at(-1)!.cut("gone")
        yield* settle
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(yield* Fiber.join(running), 255)
        assert.isTrue(web.programs.last().isRunning)
        assert.match((yield* OutputTestRef).err[0]!, /^\[lost dev on web: [ -~]*\]$/)
      })))
})

describe("verbs on another host", () => {
  it.effect("kill, detach, history, send and wait do there what they do here", () =>
    inWorld({
      hosts: {
        web: { pty: { play: echo }, sessions: [{ info: fakeInfo("old", { clients: [{ role: "attach" }] }) }] }
      }
    }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("@web", "dev", "-d")
        assert.strictEqual(yield* sesh("--send", "@web", "dev", "hello @x"), 0)
        assert.strictEqual(yield* sesh("@web", "--history", "dev"), 0)
        assert.include(Buffer.concat((yield* OutputTestRef).bytes).toString(), "hello @x")
        const waiting = yield* Effect.forkChild(sesh("--wait", "@web", "dev"))
        yield* settle
        assert.strictEqual(yield* sesh("--send", "@web", "dev", "exit", "--enter"), 0)
        assert.strictEqual(yield* Fiber.join(waiting), 5)
        assert.strictEqual(yield* sesh("--detach", "@web", "old"), 0)
        assert.strictEqual(yield* sesh("@web", "--kill", "old"), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[1 client of old on web detached]", "[old on web ended]"])
      })))

  it.effect("--exec ends as the command there does, and a name that is taken is sesh's own failure", () =>
    inWorld({
      hosts: {
        web: {
          pty: {
            play: (program) => {
              program.print("out\r\n")
              program.exit(42)
            }
          }
        },
        db: {}
      }
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("@web", "--exec", "job", "--print", "--", "make"), 42)
        assert.strictEqual(Buffer.concat((yield* OutputTestRef).bytes).toString(), "out\n")
        yield* sesh("@db", "dev", "-d")
        assert.strictEqual(yield* sesh("--exec", "@db", "dev", "--", "make"), 125)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: db: a session named dev is already there"])
      })))

  it.effect("--exec and --wait that lose their host for good end with 255, and say that the command may run on", () =>
    inWorld({ hosts: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        const { host, network, programs } = yield* on("web")
        const { err } = yield* OutputTestRef
        const lost = "[connection to web lost, trying again]"
        const failure = new HostError({ host: "web", problem: "web does not let us in", kind: "refused" })
        const loseFor = Effect.fnUntraced(function*(execution: Fiber.Fiber<number>) {
          yield* settle
          host.failure = failure
          network.links.at(-1)!.cut()
          yield* settle
          yield* TestClock.adjust("2 seconds")
          assert.strictEqual(yield* Fiber.join(execution), 255)
          host.failure = undefined
          return err.splice(0)
        })
        const execution = yield* Effect.forkChild(sesh("--exec", "@web", "job", "--", "make"))
        yield* eventually("the command", () => programs.all.length === 1)
        assert.deepStrictEqual(
          yield* loseFor(execution),
          [lost, "sesh: web: lost session job: web does not let us in; the command may still run"]
        )
        assert.deepStrictEqual(
          yield* loseFor(yield* Effect.forkChild(sesh("--wait", "@web", "job"))),
          [lost, "sesh: web: lost session job: web does not let us in; job may still run there"]
        )
      })))

  it.effect("of a session that is not there say so, with the names that are close there, and ask no other host", () =>
    inWorld({
      sessions: [{ info: fakeInfo("devel") }],
      hosts: { web: { sessions: [{ info: fakeInfo("dev") }] }, db: { sessions: [{ info: fakeInfo("dve") }] } }
    }, (sesh) =>
      Effect.gen(function*() {
        for (const verb of ["--kill", "--watch", "--detach", "--history", "--wait"]) {
          assert.strictEqual(yield* sesh(verb, "@web", "dve"), 1, verb)
        }
        assert.strictEqual(yield* sesh("--send", "@web", "dve", "x"), 1)
        assert.deepStrictEqual(
          [...new Set((yield* OutputTestRef).err)],
          ["sesh: no session named dve on web; did you mean dev?"]
        )
        assert.deepStrictEqual((yield* RemotesTestRef).looks, [])
        assert.deepStrictEqual((yield* PromptTestRef).asked, [])
      })))

  it.effect("what a session's machine has to say names the host, and has no control characters", () =>
    inWorld(
      { hosts: { web: { sessions: [{ info: fakeInfo("dev"), problem: "no\u001b[2J\u202eanswer" }] } } },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("@web", "--kill", "dev"), 1)
          assert.deepStrictEqual((yield* OutputTestRef).err, [
            "sesh: web: session dev does not answer: no\\x1b[2J\\u202eanswer"
          ])
        })
    ))
})

describe("completion", () => {
  it.effect("asks for hosts, and for what they had, without the network", () =>
    inWorld({
      hosts: {
        web: { known: { sessions: ["api", "dev"].map((name) => ({ name: name as SessionName })) } },
        db: {}
      }
    }, (sesh) =>
      Effect.gen(function*() {
        for (const line of ["--hosts", "--names @web", "--names @db", "--names @other"]) {
          assert.strictEqual(yield* sesh(...line.split(" ")), 0)
        }
        assert.deepStrictEqual((yield* OutputTestRef).out, ["db\nweb", "api\ndev"])
        assert.deepStrictEqual([(yield* RemotesTestRef).looks, (yield* RemotesTestRef).visits], [[], []])
      })))
})
