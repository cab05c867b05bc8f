import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { ProgressTestRef } from "../../../src/layers/testing/ProgressFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { fakeInfo } from "../../../src/layers/testing/SessionRegistryFake.ts"
import { Listing } from "../../../src/schema/Listing.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { HostError } from "../../../src/services/HostError.ts"
import { settle } from "../../support/fakeClient.ts"
import { inWorld, type WorldHostOptions } from "../../support/inWorld.ts"

const session = (name: string, given?: Parameters<typeof fakeInfo>[1]) => ({ info: fakeInfo(name, given) })
const listed = (name: string, given?: Parameters<typeof fakeInfo>[1]) => ({
  name: name as SessionName,
  info: fakeInfo(name, given)
})

const dead = (problem: string, known: WorldHostOptions["known"]): WorldHostOptions => ({
  failure: new HostError({ host: "x", problem, kind: "unreachable" }),
  known
})

const local = [session("dev", { dir: "/home/user/project", foreground: "make test" })]

const hosts: Record<string, WorldHostOptions> = {
  web: {
    delay: 1000,
    sessions: [session("api", { dir: "/home/there/api", clients: [{ role: "attach" }], foreground: "node" })],
    known: { sessions: [listed("api", { dir: "/home/there/api" })] }
  },
  db: dead("db does not answer", { at: -300_000, sessions: [listed("psql", { foreground: "psql" })] }),
  idle: {}
}

/** Lines of standard output. */
const lines = Effect.map(OutputTestRef, ({ out }) => out.join("\n").split("\n"))

describe("sesh, with other hosts", () => {
  it.effect("shows what is here at once, and each host as it answers, below each other", () =>
    inWorld({ sessions: local, hosts }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh())
        yield* settle
        const before = [
          "NAME      CLIENTS  AGE  DIRECTORY   RUNNING",
          "dev       0        0s   ~/project   make test",
          "@db  (does not answer)",
          "@db psql  0        0s   /home/user  psql (as of 5m ago)",
          "@idle  (no sessions)"
        ]
        assert.deepStrictEqual(yield* lines, before)
        assert.deepStrictEqual((yield* ProgressTestRef).now(), ["asking web ..."])
        yield* TestClock.adjust(1000)
        assert.strictEqual(yield* Fiber.join(running), 0)
        assert.deepStrictEqual((yield* lines).slice(before.length), [
          "@web api  1        0s   ~/api       node"
        ])
        assert.deepStrictEqual((yield* ProgressTestRef).now(), [])
        assert.strictEqual((yield* ProgressTestRef).texts[0], "asking db, idle, web ...")
        assert.deepStrictEqual((yield* OutputTestRef).err, [])
      })))

  it.effect("on a pipe has the same lines and nothing else; hosts that do not answer are on stderr", () =>
    inWorld({ sessions: local, hosts, outputIsTerminal: false, isAlone: true }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh())
        yield* settle
        yield* TestClock.adjust(1000)
        assert.strictEqual(yield* Fiber.join(running), 0)
        assert.deepStrictEqual((yield* lines).map((line) => line.split(/ {2,}/)), [
          ["dev", "0", "0s", "~/project", "make test"],
          ["@db psql", "0", "0s", "/home/user", "psql (as of 5m ago)"],
          ["@web api", "1", "0s", "~/api", "node"]
        ])
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: db does not answer"])
      })))

  it.effect("never waits longer than 5 s", () =>
    inWorld(
      { hosts: { slow: { delay: 100_000, known: { at: -60_000, sessions: [listed("x")] } } } },
      (sesh) =>
        Effect.gen(function*() {
          const running = yield* Effect.forkChild(sesh())
          yield* settle
          yield* TestClock.adjust(4999)
          assert.isUndefined(running.pollUnsafe())
          yield* TestClock.adjust(1)
          assert.strictEqual(yield* Fiber.join(running), 0)
          assert.deepStrictEqual(yield* lines, [
            "NAME     CLIENTS  AGE  DIRECTORY   RUNNING",
            "@slow  (gave no answer in 5 s)",
            "@slow x  0        0s   /home/user  (as of 1m ago)"
          ])
        })
    ))

  it.effect("asks fifty at the same time", () =>
    inWorld({
      hosts: Object.fromEntries(
        Array.from({ length: 50 }, (_, index) => [`h${index}`, { delay: 4000, sessions: [session(`s${index}`)] }])
      )
    }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh())
        yield* settle
        assert.strictEqual((yield* RemotesTestRef).looks.length, 50)
        assert.match((yield* ProgressTestRef).now()[0]!, /^asking (h\d+, ){7}h\d+ and 42 more \.\.\.$/)
        yield* TestClock.adjust(4000)
        assert.strictEqual(yield* Fiber.join(running), 0)
        assert.strictEqual((yield* lines).length, 51)
      })))

  it.effect("does not let a host write on the terminal, or push the others off it", () =>
    inWorld({
      hosts: {
        bad: {
          listing: [
            listed("x", { dir: `/\u001b[2J\u202e${"d".repeat(10_000)}`, foreground: `\u009b31m${"r".repeat(10_000)}` }),
            { name: "y" as SessionName, problem: "\r\nfake line" }
          ]
        },
        worse: dead(`\u001b]0;title\u0007${"w".repeat(10_000)}`, {})
      },
      outputIsTerminal: false
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh(), 0)
        const all = [...yield* lines, ...(yield* OutputTestRef).err]
        assert.strictEqual(all.length, 3)
        for (const line of all) {
          assert.match(line, /^[ -~]*$/)
          assert.isBelow(line.length, 1200)
        }
      })))

  it.effect("as JSON has them beside the sessions that are here", () =>
    inWorld({ sessions: local, hosts }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh("--json"))
        yield* settle
        yield* TestClock.adjust(1000)
        assert.strictEqual(yield* Fiber.join(running), 0)
        const said = JSON.parse((yield* lines).join("\n"))
        Schema.decodeUnknownSync(Listing)(said)
        assert.deepStrictEqual(said, {
          version: 1,
          sessions: [{ name: "dev", info: local[0]!.info }],
          hosts: [
            {
              host: "db",
              at: -300_000,
              sesh: "0.0.0",
              sessions: [listed("psql", { foreground: "psql", id: "id-of-psql-on-db" })],
              problem: "db does not answer"
            },
            { host: "idle", at: 0, sesh: "0.0.0", sessions: [] },
            {
              host: "web",
              at: 1000,
              sesh: "0.0.0",
              sessions: [{ name: "api", info: { ...hosts["web"]!.sessions![0]!.info, id: "id-of-api-on-web" } }]
            }
          ]
        })
      })))

  it.effect("with nothing anywhere says how to begin, beside the hosts that have nothing", () =>
    inWorld({ hosts: { idle: {} } }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh()
        assert.deepStrictEqual(yield* lines, ["@idle  (no sessions)"])
      })))
})
