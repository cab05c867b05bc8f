import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Control } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import { eventually, type FakeClient, join, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, start } from "../../support/hosting.ts"

const say = (client: FakeClient, shownIn: ReadonlyArray<string>) =>
  client.connection.send(FrameType.shownIn, Control.shownIn.encode({ shownIn }))

/** What who follows was told, after the welcome. */
const told = (client: FakeClient) =>
  client.of(FrameType.shownIn).map((payload) => Option.getOrThrow(Control.shownIn.decode(payload)).shownIn)

const reasonOf = (client: FakeClient) =>
  Option.getOrThrow(Control.detach.decode(client.of(FrameType.detach)[0]!)).reason

describe("a session that is shown in others", () => {
  it.effect("tells its own clients in which, and whenever that changes", () =>
    hosting(() =>
      Effect.gen(function*() {
        const { info: { id } } = yield* start()
        const one = yield* joined(dev, "attach", { shownIn: ["a1", "a2"] })
        const follower = yield* joined(dev, "wait", { follow: true })
        assert.deepStrictEqual(follower.welcome!.shownIn, [id, "a1", "a2"])
        // The nearest of each client come first.
        const two = yield* joined(dev, "watch", { shownIn: ["b1", "a2"] })
        yield* settle
        say(one, ["c1"])
        yield* settle
        two.connection.send(FrameType.detach, Control.detach.encode({}))
        one.connection.destroy()
        yield* eventually("the last word", () => told(follower).at(-1)?.length === 1)
        assert.deepStrictEqual(told(follower), [[id, "a1", "b1", "a2"], [id, "c1", "b1", "a2"], [id, "c1"], [id]])
        assert.isUndefined(follower.closed)
      })
    ))

  it.effect("says nothing to those that do not ask, nor when nothing has changed", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const follower = yield* joined(dev, "wait", { follow: true })
        const waiter = yield* joined(dev, "wait")
        const plain = yield* joined(dev, "attach")
        const shown = yield* joined(dev, "attach", { shownIn: ["a1"] })
        say(shown, ["a1"])
        // Who types or asks shows nothing.
        say(yield* joined(dev, "send", { shownIn: ["b1"] }), ["b2"])
        yield* settle
        assert.deepStrictEqual(told(follower).map((ids) => ids.slice(1)), [["a1"]])
        assert.deepStrictEqual([waiter, plain, shown].flatMap((client) => client.of(FrameType.shownIn)), [])
        assert.notProperty(waiter.welcome, "shownIn")
      })
    ))

  it.effect("keeps what a client said over its next connection", () =>
    hosting(() =>
      Effect.gen(function*() {
        const { info: { id } } = yield* start()
        yield* joined(dev, "attach", { client: "c1", shownIn: ["a1"] })
        const follower = yield* joined(dev, "wait", { follow: true })
        yield* joined(dev, "attach", { client: "c1", shownIn: ["a1"], resume: { session: id, output: 0, input: 0 } })
        yield* settle
        assert.deepStrictEqual(told(follower), [])
      })
    ))

  it.effect("names no more than may be named, of each client as much as there is room for", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const ids = (of: string) => Array.from({ length: 64 }, (_, n) => `${of}${n}`)
        yield* joined(dev, "attach", { shownIn: ids("a") })
        yield* joined(dev, "attach", { shownIn: ids("b") })
        const { welcome } = yield* joined(dev, "wait", { follow: true })
        assert.lengthOf(welcome!.shownIn!, 64)
        assert.includeMembers([...welcome!.shownIn!], ["a30", "b30"])
      })
    ))
})

describe("a session that would show itself", () => {
  it.effect("refuses the client, and nothing else changes", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info: { id } } = yield* start()
        yield* joined(dev, "attach", { size: { cols: 90, rows: 20 } })
        for (const role of ["attach", "watch"] as const) {
          const client = yield* join(dev, role, { size: { cols: 20, rows: 5 }, shownIn: ["a1", id] })
          yield* eventually("its end", () => client.closed)
          assert.strictEqual(client.error?.code, "loop")
        }
        assert.deepStrictEqual(pty.last().sizes.at(-1), { cols: 90, rows: 20 })
        assert.lengthOf((yield* joined(dev, "query")).welcome!.info.clients, 1)
        // To ask and to type are no loops.
        for (const role of ["query", "send", "wait"] as const) yield* joined(dev, role, { shownIn: [id] })
      })
    ))

  it.effect("detaches a client as soon as it is shown there, and forgets where that was shown", () =>
    hosting(() =>
      Effect.gen(function*() {
        const { info: { id } } = yield* start()
        const follower = yield* joined(dev, "wait", { follow: true })
        const client = yield* joined(dev, "attach", { shownIn: ["a1"] })
        say(client, ["a1", "a2", id])
        yield* eventually("its end", () => client.closed)
        assert.strictEqual(reasonOf(client), "it would be shown inside itself")
        yield* settle
        assert.deepStrictEqual(told(follower), [[id, "a1"], [id]])
      })
    ))

  it.effect("drops a client that says what is no list of ids", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        client.connection.send(FrameType.shownIn, Buffer.from(`{"shownIn":["../x"]}`))
        yield* eventually("its end", () => client.closed)
        assert.strictEqual(client.error?.code, "protocol")
      })
    ))
})
