import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { DaemonLauncherTestRef } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { ProgressTestRef } from "../../../src/layers/testing/ProgressFake.ts"
import { PromptTestRef } from "../../../src/layers/testing/PromptFake.ts"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { HostError } from "../../../src/services/HostError.ts"
import { dead, having, listed, VERBS } from "../../support/elsewhere.ts"
import { eventually, settle } from "../../support/fakeClient.ts"
import { inWorld, type WorldHostOptions } from "../../support/inWorld.ts"

const forever = 1_000_000

describe("waiting for hosts", () => {
  /** Runs a line, lets the time pass, and gives when it was over, by turns of 100 ms. */
  const timed = (run: Effect.Effect<number>) =>
    Effect.gen(function*() {
      const running = yield* Effect.forkChild(run)
      yield* settle
      let ms = 0
      for (; running.pollUnsafe() === undefined && ms < 20_000; ms += 100) {
        yield* TestClock.adjust(100)
        yield* settle
      }
      return { ms, code: yield* Fiber.join(running) }
    })

  it.effect("is 1.5 s for one that nothing speaks for, and it is said", () =>
    inWorld({ hosts: { web: { delay: forever } } }, (sesh) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* timed(Effect.scoped(sesh("--kill", "dev"))), { ms: 1500, code: 1 })
        assert.deepStrictEqual((yield* OutputTestRef).err, [
          "sesh: web gave no answer in 1.5 s",
          "sesh: no session named dev"
        ])
      })))

  it.effect("is 5 s for one that had the session, and no longer however many there are", () =>
    inWorld({
      hosts: Object.fromEntries(
        Array.from({ length: 120 }, (_, index) => [
          `h${index}`,
          { delay: forever, known: { sessions: index === 100 ? listed("dev") : [] } }
        ])
      )
    }, (sesh) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* timed(Effect.scoped(sesh("--kill", "dev"))), { ms: 5000, code: 1 })
        const { err } = yield* OutputTestRef
        assert.match(err[0]!, /^sesh: dev was on h100 \d+\w ago: h100 gave no answer in 5 s$/)
        assert.match(err[1]!, /^sesh: no answer from (h\d+, ){7}h\d+ and 111 more$/)
        assert.strictEqual(err[2], "sesh: dev may be on h100; say where:\n  sesh @h100 --kill dev")
        assert.strictEqual((yield* RemotesTestRef).looks.length, 120)
      })))

  it.effect("ends as soon as all have answered", () =>
    inWorld({
      hosts: { web: { ...having("dev"), delay: 200 }, db: { delay: 1000, known: { sessions: listed("dev") } } }
    }, (sesh) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* timed(Effect.scoped(sesh("--kill", "dev"))), { ms: 1000, code: 0 })
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[dev is on web]", "[dev on web ended]"])
        assert.deepStrictEqual((yield* ProgressTestRef).texts, [
          "looking for dev on db, web ...",
          "looking for dev on db ..."
        ])
        assert.deepStrictEqual((yield* ProgressTestRef).now(), [])
      })))

  it.effect("reads nothing: what is typed meanwhile is the session's", () =>
    inWorld({ hosts: { web: { ...having(), delay: 1000 }, db: { delay: 1400 } } }, (sesh) =>
      Effect.gen(function*() {
        const person = yield* PromptTestRef
        const terminal = yield* TtyTestRef
        const running = yield* Effect.forkChild(sesh("dev"))
        yield* settle
        person.type("make test")
        terminal.type("make test\r")
        yield* TestClock.adjust(1400)
        const pty = yield* PtyTestRef
        yield* eventually("it is typed", () => pty.last().typed.toString() === "make test\r")
        assert.deepStrictEqual(person.unread(), ["make test"])
        terminal.type("\x1c")
        assert.strictEqual(yield* Fiber.join(running), 0)
      })))
})

/** A host that had the session, and cannot be asked now. */
const MUTE: ReadonlyArray<readonly [how: string, host: WorldHostOptions, reason: string]> = [
  ["is silent", { delay: forever, known: { sessions: listed("dev") } }, "web gave no answer in 5 s"],
  ["refuses connections", dead("web", "dev"), "web does not answer"],
  [
    "wants a password, or has another key",
    {
      failure: new HostError({ host: "web", problem: "web does not let us in", kind: "refused" }),
      known: { sessions: listed("dev") }
    },
    "web does not let us in"
  ]
]

describe("a session that was on a host which cannot be asked now", () => {
  for (const [how, web, reason] of MUTE) {
    const hosts = { web, db: having("other") }
    /** Runs until the hosts were waited for. */
    const waited = <A, E>(run: Effect.Effect<A, E, Scope.Scope>) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(Effect.scoped(run))
        yield* settle
        yield* TestClock.adjust(5000)
        return running
      })

    it.effect(`${how}: nothing is created without a terminal, and it is said what to type`, () =>
      inWorld({ hosts, isAlone: true, outputIsTerminal: false }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* Fiber.join(yield* waited(sesh("dev"))), 1)
          const { err } = yield* OutputTestRef
          assert.match(err[0]!, new RegExp(`^sesh: dev was on web \\d+\\w ago: ${reason}$`))
          assert.deepStrictEqual(err.slice(1), ["sesh: dev may be on web; say where:\n  sesh @web dev\n  sesh dev ."])
          assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
        })))

    it.effect(`${how}: the user says where`, () =>
      inWorld({ hosts, pty: { play: (program) => program.exit(4) } }, (sesh) =>
        Effect.gen(function*() {
          const person = yield* PromptTestRef
          const { specs } = yield* DaemonLauncherTestRef
          const answered = (answer: string) =>
            Effect.gen(function*() {
              const before = person.asked.length
              const running = yield* waited(sesh("dev"))
              yield* eventually("a question", () => person.asked.length > before)
              person.type(answer)
              return running
            })
          assert.strictEqual(yield* Fiber.join(yield* answered("")), 1)
          assert.deepStrictEqual(person.asked[0], ["dev may be on web:", [
            "go to web, and wait for it",
            "create a new session here"
          ]])
          assert.strictEqual((yield* OutputTestRef).err.at(-1), "sesh: none was chosen")
          assert.strictEqual(specs.length, 0)

          const there = yield* answered("1")
          const { asked, visits } = yield* RemotesTestRef
          yield* eventually("it is gone to", () => visits.some(([host]) => host === "web"))
          assert.strictEqual(asked.at(-1)?.prompts, "interactive")
          yield* Fiber.interrupt(there)
          assert.strictEqual(specs.length, 0)

          assert.strictEqual(yield* Fiber.join(yield* answered("2")), 4)
          assert.strictEqual(specs.length, 1)
        })))

    it.effect.each(VERBS)(`${how}: %s says so`, ([line]) =>
      inWorld({ hosts }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* Fiber.join(yield* waited(sesh(...line.split(" ")))), 1)
          const { err } = yield* OutputTestRef
          assert.include(err[0], reason)
          const there = line === "--send dev x" ? "--send dev -- x" : line
          assert.deepStrictEqual(err.slice(1), [`sesh: dev may be on web; say where:\n  sesh @web ${there}`])
        })))

    it.effect(`${how}: one that is on another host is gone to`, () =>
      inWorld({ hosts: { ...hosts, far: having("dev") } }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* Fiber.join(yield* waited(sesh("--kill", "dev"))), 0)
          assert.deepStrictEqual((yield* OutputTestRef).err.slice(1), ["[dev is on far]", "[dev on far ended]"])
        })))
  }

  it.effect("on none of those that do not answer: they hold nothing up", () =>
    inWorld({
      hosts: { web: { delay: forever }, db: dead("db", "other") },
      pty: { play: (program) => program.exit(4) }
    }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(Effect.scoped(sesh("dev")))
        yield* settle
        yield* TestClock.adjust(1500)
        assert.strictEqual(yield* Fiber.join(running), 4)
        assert.deepStrictEqual((yield* PromptTestRef).asked, [])
      })))
})
