/** One machine under several names. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { PromptTestRef } from "../../../src/layers/testing/PromptFake.ts"
import { fakeInfo } from "../../../src/layers/testing/SessionRegistryFake.ts"
import { WorldTestRef } from "../../../src/layers/testing/World.ts"
import type { ListedSession } from "../../../src/schema/Listing.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { HostError } from "../../../src/services/HostError.ts"
import { settle } from "../../support/fakeClient.ts"
import { inWorld, type WorldHostOptions, type WorldOptions } from "../../support/inWorld.ts"

/** The same session wherever it is found. */
const one = (name: string) => ({ info: fakeInfo(name, { id: `one-${name}` }) })
const listed = (name: string): ListedSession => ({ name: name as SessionName, ...one(name) })

/** A name of the machine, used since then, which had these sessions when it was asked last. */
const name = (since: number, had: ReadonlyArray<ListedSession>, more?: WorldHostOptions): WorldHostOptions => ({
  sessions: [one("dev"), one("api")],
  known: { since, at: since, sessions: had },
  ...more
})

const silent = (host: string): WorldHostOptions => ({
  failure: new HostError({ host, problem: `${host} does not answer`, kind: "unreachable" })
})

/** What is listed, by the name to type for it. */
const namesIn = (options: WorldOptions, ms = 0) =>
  inWorld({ ...options, outputIsTerminal: false }, (sesh) =>
    Effect.gen(function*() {
      const running = yield* Effect.forkChild(sesh())
      yield* settle
      yield* TestClock.adjust(ms)
      assert.strictEqual(yield* Fiber.join(running), 0)
      const json = yield* Effect.forkChild(sesh("--json"))
      yield* settle
      yield* TestClock.adjust(ms)
      assert.strictEqual(yield* Fiber.join(json), 0)
      const { out } = yield* OutputTestRef
      const lines = out.slice(0, -1).join("\n").split("\n")
      const { hosts, sessions } = JSON.parse(out.at(-1)!)
      const all = [
        ...sessions.map(({ name }: ListedSession) => name),
        ...hosts.flatMap(({ host, sessions }: { host: string; sessions: ReadonlyArray<ListedSession> }) =>
          sessions.map(({ name }) => `@${host} ${name}`)
        )
      ]
      const rows = lines.filter((line) => line !== "").map((line) => line.split(/ {2,}/)[0]!)
      assert.sameMembers(rows, all, "as JSON the same")
      return rows
    }))

const both = [listed("api"), listed("dev")]

/** Created, and not asked since. */
const created = [{ name: "dev" as SessionName }]

describe("a listing", () => {
  it.effect.each<readonly [string, number, number, ReadonlyArray<ListedSession>]>([
    ["as both answer at once", 0, 0, both],
    ["however late it answers", 3000, 0, both],
    ["however early it answers", 0, 3000, both],
    ["also where a session was just created by it", 3000, 0, created]
  ])(
    "has each session of a machine with two names once, under the one used first: %s",
    ([, first, second, had]) =>
      Effect.map(
        namesIn({ hosts: { b: name(1, had, { delay: first }), a: name(2, both, { delay: second }) } }, 3000),
        (rows) => assert.deepStrictEqual(rows, ["@b api", "@b dev"])
      )
  )

  it.effect("has them under the other name where the first one does not answer", () =>
    Effect.map(
      namesIn({ hosts: { b: name(1, both, silent("b")), a: name(2, both, { delay: 1000 }) } }, 1000),
      (rows) => assert.deepStrictEqual(rows, ["@a api", "@a dev"])
    ))

  it.effect("has what was there once, where neither answers", () =>
    Effect.map(
      namesIn({ hosts: { b: name(1, both, silent("b")), a: name(2, both, silent("a")) } }),
      (rows) => assert.deepStrictEqual(rows, ["@b api", "@b dev"])
    ))

  it.effect("has a session once also where two names turn out to be one machine only now", () =>
    inWorld(
      { hosts: { b: name(1, [], { delay: 1000 }), a: name(2, []) }, outputIsTerminal: false },
      (sesh) =>
        Effect.gen(function*() {
          const running = yield* Effect.forkChild(sesh())
          yield* settle
          yield* TestClock.adjust(1000)
          assert.strictEqual(yield* Fiber.join(running), 0)
          const rows = (yield* OutputTestRef).out.join("\n").split("\n")
          assert.deepStrictEqual(rows.map((row) => row.split(/ {2,}/)[0]), ["@a api", "@a dev"])
        })
    ))

  it.effect("has those of this machine as its own, by whatever name it is reached", () =>
    Effect.map(
      namesIn({ sessions: [one("dev")], hosts: { localhost: name(1, both) } }),
      (rows) => assert.deepStrictEqual(rows, ["dev", "@localhost api"])
    ))

  it.effect("does not wait for a host that is another machine, and has sessions of one name on both", () =>
    inWorld({
      hosts: {
        slow: { delay: 4000, sessions: [{ info: fakeInfo("dev") }], known: { since: 1, sessions: [listed("dev")] } },
        web: { sessions: [{ info: fakeInfo("dev") }] }
      },
      outputIsTerminal: false
    }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh())
        yield* settle
        const { out } = yield* OutputTestRef
        assert.match(out.join(), /^@web dev/)
        yield* TestClock.adjust(4000)
        yield* Fiber.join(running)
        assert.match(out.join("\n"), /\n@slow dev/)
      })))

  it.effect("on a terminal says of a host neither that it has no sessions nor anything else, where all are listed", () =>
    inWorld({ hosts: { b: name(1, both), a: name(2, both) } }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh()
        assert.notInclude((yield* OutputTestRef).out.join("\n"), "@a")
      })))
})

describe("a session that a machine with two names has", () => {
  const hosts = { b: name(1, both), a: name(2, both) }

  it.effect("is meant without a question, under the name used first", () =>
    inWorld({ hosts }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--kill", "dev"), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[dev is on b]", "[dev on b ended]"])
        assert.deepStrictEqual((yield* PromptTestRef).asked, [])
        assert.isFalse((yield* WorldTestRef).at("b").registry.sessions.has("dev" as SessionName))
      })))

  it.effect("may be there, where none of its names answers: it is said once", () =>
    inWorld(
      { hosts: { b: name(1, both, silent("b")), a: name(2, both, silent("a")) }, isAlone: true },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--history", "dev"), 1)
          const words = (yield* OutputTestRef).err.join("\n")
          assert.include(words, "sesh @b --history dev")
          assert.notInclude(words, "sesh @a --history dev")
        })
    ))

  it.effect("is still asked about where another machine has one of the name", () =>
    inWorld(
      { hosts: { ...hosts, web: { sessions: [{ info: fakeInfo("dev") }] } }, isAlone: true },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--history", "dev"), 1)
          const words = (yield* OutputTestRef).err.join("\n")
          assert.include(words, "there are 2 sessions named dev")
          for (const host of ["b", "web"]) assert.include(words, `sesh @${host} --history dev`)
        })
    ))
})

/** What a host can say that was attached to from inside a session: it has been told the id. */
describe.each([{ created: 1 }, { pid: 1 }])("a session whose id a host claims, but not %j", (differs) => {
  const claims = (more?: WorldHostOptions): WorldHostOptions => {
    const claimed = { info: { ...one("dev").info, ...differs } }
    return {
      sessions: [claimed],
      known: { since: 1, at: 1, sessions: [{ name: listed("dev").name, ...claimed }] },
      ...more
    }
  }

  it.effect("is listed all the same, whoever was used first", () =>
    Effect.map(
      namesIn({ hosts: { evil: claims(), web: name(2, both) } }),
      (rows) => assert.sameMembers(rows, ["@evil dev", "@web api", "@web dev"])
    ))

  it.effect("is listed where it is this machine's", () =>
    Effect.map(
      namesIn({ sessions: [one("dev")], hosts: { evil: claims() } }),
      (rows) => assert.sameMembers(rows, ["dev", "@evil dev"])
    ))

  it.effect("is asked about: that host is not taken for the session's", () =>
    inWorld({ hosts: { evil: claims(), web: name(2, both) }, isAlone: true }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--history", "dev"), 1)
        assert.include((yield* OutputTestRef).err.join("\n"), "there are 2 sessions named dev")
      })))
})
