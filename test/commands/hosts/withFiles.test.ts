import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { DaemonLauncherTestRef } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import { DeployerTestRef } from "../../../src/layers/testing/DeployerFake.ts"
import { EventLogTestRef } from "../../../src/layers/testing/EventLogFake.ts"
import { FileSyncTestRef } from "../../../src/layers/testing/FileSyncFake.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { ProgressTestRef } from "../../../src/layers/testing/ProgressFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { fakeInfo } from "../../../src/layers/testing/SessionRegistryFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { WorldTestRef } from "../../../src/layers/testing/World.ts"
import type { SyncOutcome } from "../../../src/services/FileSync.ts"
import { HostError } from "../../../src/services/HostError.ts"
import { HostUnreachable } from "../../../src/services/SshTransport.ts"
import { eventually, settle } from "../../support/fakeClient.ts"
import { inWorld } from "../../support/inWorld.ts"

const on = (host: string) => Effect.map(WorldTestRef, ({ at }) => at(host))

const PUSHED: SyncOutcome = { _tag: "Pushed" }

/** The next push takes until this is done. */
const slowSync = Effect.gen(function*() {
  const done = yield* Deferred.make<SyncOutcome>()
  const syncs = yield* FileSyncTestRef
  syncs.next = Deferred.await(done)
  return done
})

/** Leaves the session when it is shown. */
const leave = Effect.gen(function*() {
  const terminal = yield* TtyTestRef
  yield* eventually("the session", () => terminal.isOpen)
  yield* settle
  terminal.type("\x1c")
})

describe("files on a host", () => {
  it.effect("are there before a session that was there is shown", () =>
    inWorld({ hosts: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("@web", "dev", "-d")
        const terminal = yield* TtyTestRef
        const done = yield* slowSync
        const running = yield* Effect.forkChild(sesh("@web", "dev"))
        yield* settle
        assert.deepStrictEqual([(yield* FileSyncTestRef).made, terminal.isOpen], [["web", "web"], false])
        yield* Deferred.succeed(done, PUSHED)
        yield* leave
        assert.strictEqual(yield* Fiber.join(running), 0)
      })))

  it.effect.each(["@web dev", "@web dev -d", "--exec @web dev -- true"])(
    "are there before a new one starts: %s",
    (line) =>
      inWorld({
        hosts: { web: { pty: { play: (program) => void (program.spec.file === "true" && program.exit(0)) } } }
      }, (sesh) =>
        Effect.gen(function*() {
          const web = yield* on("web")
          const done = yield* slowSync
          const running = yield* Effect.forkChild(sesh(...line.split(" ")))
          yield* settle
          assert.deepStrictEqual([(yield* FileSyncTestRef).made, web.specs.length], [["web"], 0])
          yield* Deferred.succeed(done, PUSHED)
          yield* eventually("the session", () => web.specs.length === 1)
          if (line === "@web dev") yield* leave
          assert.strictEqual(yield* Fiber.join(running), 0)
        }))
  )

  it.effect("are on their way before the host is asked for anything: to look for changes takes its time too", () =>
    inWorld({ hosts: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        const [syncs, { visits }] = [yield* FileSyncTestRef, yield* RemotesTestRef]
        let earlier: number | undefined
        syncs.next = Effect.sync(() => {
          earlier = visits.length
          return PUSHED
        })
        assert.strictEqual(yield* sesh("@web", "dev", "-d"), 0)
        assert.strictEqual(earlier, 0)
      })))

  it.effect("are brought to the host that is found to have the session", () =>
    inWorld({ hosts: { web: {}, db: {} } }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("@web", "dev", "-d")
        const running = yield* Effect.forkChild(sesh("dev"))
        yield* leave
        assert.strictEqual(yield* Fiber.join(running), 0)
        assert.deepStrictEqual((yield* FileSyncTestRef).made, ["web", "web"])
      })))

  it.effect("that cannot be brought there do not keep the session from its user", () =>
    inWorld({ hosts: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        const syncs = yield* FileSyncTestRef
        syncs.next = Effect.succeed({ _tag: "Failed" })
        const running = yield* Effect.forkChild(sesh("@web", "dev"))
        yield* leave
        assert.strictEqual(yield* Fiber.join(running), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[detached from dev on web]"])
      })))

  it.effect("on an unreachable host: its failure is reported, once", () =>
    inWorld(
      { hosts: { web: { failure: new HostError({ host: "web", problem: "web is down", kind: "unreachable" }) } } },
      (sesh) =>
        Effect.gen(function*() {
          const syncs = yield* FileSyncTestRef
          const error = new HostUnreachable({ host: "web", reason: "refused", words: "" })
          syncs.next = Effect.succeed({ _tag: "Unreachable", error })
          for (const line of ["@web dev", "@web dev -d", "--exec @web dev -- true"]) {
            assert.notStrictEqual(yield* sesh(...line.split(" ")), 0)
          }
          assert.deepStrictEqual((yield* OutputTestRef).err, [
            "sesh: web is down",
            "sesh: web is down",
            `sesh: ${error.message}`
          ])
        })
    ))

  it.effect("are given up with the command", () =>
    inWorld({ hosts: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        const syncs = yield* FileSyncTestRef
        let ended = false
        syncs.next = Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (ended = true)))
        const running = yield* Effect.forkChild(sesh("@web", "dev"))
        yield* settle
        yield* Fiber.interrupt(running)
        assert.isTrue(ended)
      })))

  it.effect("are not thought of here, nor where no session is opened", () =>
    inWorld({ hosts: { web: { sessions: [{ info: fakeInfo("old") }] } } }, (sesh) =>
      Effect.gen(function*() {
        const lines = [
          "here -d",
          "--exec here2 -- true",
          "",
          "@web",
          "@web --kill old",
          "--history @web x",
          "--send @web x y"
        ]
        for (const line of [...lines, "--wait @web x", "--watch @web x", "--detach @web x"]) {
          const running = yield* Effect.forkChild(sesh(...line.split(" ").filter((word) => word !== "")))
          yield* settle
          yield* Fiber.interrupt(running)
        }
        assert.deepStrictEqual((yield* FileSyncTestRef).made, [])
        assert.isAbove((yield* DaemonLauncherTestRef).specs.length, 0)
      })))
})

describe("a host that files find no way to", () => {
  const error = new HostUnreachable({ host: "web", reason: "timeout", words: "" })

  it.effect("is not waited for again by --exec, which has not asked for it yet", () =>
    inWorld({ hosts: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        const syncs = yield* FileSyncTestRef
        syncs.next = Effect.succeed({ _tag: "Unreachable", error })
        assert.strictEqual(yield* sesh("--exec", "@web", "dev", "--", "true"), 125)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: web does not answer"])
        assert.deepStrictEqual((yield* on("web")).specs, [])
      })))

  it.effect("gets its session all the same where that has found one", () =>
    inWorld({ hosts: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        const syncs = yield* FileSyncTestRef
        syncs.next = Effect.succeed({ _tag: "Unreachable", error })
        assert.strictEqual(yield* sesh("@web", "dev", "-d"), 0)
        assert.strictEqual((yield* on("web")).specs.length, 1)
      })))
})

describe("a host without sesh", () => {
  const none = (kind: HostError["kind"] = "no sesh") => new HostError({ host: "web", problem: "web has none", kind })

  it.effect.each(
    [
      ["@web dev", 3],
      ["@web dev -d", 0],
      ["--exec @web dev -- true", 3]
    ] as const
  )("%s: gets it, and then does as it is told", ([line, code]) =>
    inWorld({
      hosts: { web: { failure: none(), pty: { play: (program) => program.exit(3) } } },
      targets: { web: {} }
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh(...line.split(" ")), code)
        assert.strictEqual((yield* DeployerTestRef).asked.join(), "web")
        assert.deepStrictEqual(
          (yield* OutputTestRef).err.slice(0, 2),
          ["[no sesh on web yet]", "[web: sesh 0.0.0 installed, as a copy]"]
        )
        assert.deepStrictEqual((yield* ProgressTestRef).now(), [])
      })))

  it.effect.each([
    "@web",
    "@web --json",
    "--kill @web dev",
    "--history @web dev",
    "--send @web dev x",
    "--wait @web dev",
    "--detach @web dev",
    "--watch @web dev"
  ])(
    "%s: only asks, and leaves it as it is",
    (line) =>
      inWorld({ hosts: { web: { failure: none() } }, targets: { web: {} } }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh(...line.split(" ")), 1)
          assert.deepStrictEqual((yield* DeployerTestRef).asked, [])
          assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: web has none"])
        }))
  )

  it.effect("that is new gets it while files are on their way, once, and its session when both are done", () =>
    inWorld(
      { hosts: { web: { known: undefined, failure: none("version") } }, targets: { web: {} } },
      (sesh) =>
        Effect.gen(function*() {
          const done = yield* slowSync
          const running = yield* Effect.forkChild(sesh("@web", "dev"))
          const asked = (yield* DeployerTestRef).asked
          yield* eventually("the deployment", () => asked.length === 1)
          yield* settle
          const web = yield* on("web")
          assert.strictEqual(web.specs.length, 0)
          yield* Deferred.succeed(done, PUSHED)
          yield* leave
          assert.strictEqual(yield* Fiber.join(running), 0)
          assert.deepStrictEqual<ReadonlyArray<string>>(
            [...(yield* FileSyncTestRef).made, ...asked] as ReadonlyArray<string>,
            [
              "web",
              "web"
            ]
          )
        })
    ))

  it.effect("that cannot get it: says why, and the command has failed", () => {
    const failure = { step: "prepare", problem: "its disk is full", advice: "make room", stderr: "df" } as const
    return inWorld(
      { hosts: { web: { failure: none() } }, targets: { web: { failure } }, isLogged: true },
      (sesh) =>
        Effect.gen(function*() {
          for (const [line, code] of [["@web dev", 1], ["@web dev -d", 1], ["--exec @web dev -- true", 125]] as const) {
            assert.strictEqual(yield* sesh(...line.split(" ")), code)
          }
          const said = "sesh: cannot put sesh on web: its disk is full; make room"
          assert.deepStrictEqual((yield* OutputTestRef).err, [said, said, said])
          assert.deepStrictEqual((yield* EventLogTestRef).events.map(({ event }) => event).slice(0, 2), [
            "deploy_start",
            "deploy_failed"
          ])
          assert.deepStrictEqual((yield* ProgressTestRef).texts, [])
        })
    )
  })

  it.effect("stays without when it was only one of all that were asked", () =>
    inWorld({ hosts: { web: { failure: none() } }, targets: { web: {} } }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh()
        yield* sesh("--kill", "dev")
        yield* sesh("--names", "@web")
        assert.deepStrictEqual((yield* DeployerTestRef).asked, [])
      })))
})
