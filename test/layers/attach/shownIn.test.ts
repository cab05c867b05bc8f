/** What a client in a session tells the one that it shows. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as AttachClientLive from "../../../src/layers/attach/AttachClientLive.ts"
import * as SurroundingsLive from "../../../src/layers/sessions/SurroundingsLive.ts"
import * as CallerFake from "../../../src/layers/testing/CallerFake.ts"
import * as Machine from "../../../src/layers/testing/Machine.ts"
import * as OutputFake from "../../../src/layers/testing/OutputFake.ts"
import * as SurroundingsFake from "../../../src/layers/testing/SurroundingsFake.ts"
import * as TtyFake from "../../../src/layers/testing/TtyFake.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { AttachClient } from "../../../src/services/AttachClient.ts"
import { SessionDaemon } from "../../../src/services/SessionDaemon.ts"
import { plainSession } from "../../fixtures/session.ts"
import { eventually, joined, settle } from "../../support/fakeClient.ts"
import { dev, spec } from "../../support/hosting.ts"

const ATTACH = { name: dev, role: "attach" } as const

const person = Layer.mergeAll(TtyFake.layer(), OutputFake.layer({ isTerminal: true }))

const machine = Layer.mergeAll(Machine.layer(), person)

/** A client, and where it is shown as a test plays it. */
const played = AttachClientLive.layer.pipe(Layer.provideMerge(SurroundingsFake.layer()), Layer.provideMerge(machine))

/** A client in this session of the machine. */
const clientIn = (session: SessionName) =>
  Effect.map(
    Layer.build(
      Layer.fresh(AttachClientLive.layer).pipe(
        Layer.provide(Layer.fresh(SurroundingsLive.layer)),
        Layer.provide(Layer.fresh(CallerFake.layer({ env: { SESH_SESSION: session } }))),
        Layer.provide(Layer.fresh(person))
      )
    ),
    Context.get(AttachClient)
  )

const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

describe("a client in a session", () => {
  it.effect("tells where it is shown, whenever that changes, also while it connects", () =>
    Effect.gen(function*() {
      const { info: { id } } = yield* (yield* SessionDaemon).start(spec)
      const { set } = yield* SurroundingsFake.SurroundingsTestRef
      const terminal = yield* TtyFake.TtyTestRef
      for (let turns = 0; turns < 15; turns++) {
        set(["before"])
        const attaching = yield* Effect.forkChild((yield* AttachClient).attach(ATTACH))
        for (let n = 0; n < turns; n++) yield* turn
        set([`after-${turns}`])
        yield* eventually("a terminal", () => terminal.isOpen)
        yield* settle
        const { welcome } = yield* joined(dev, "wait", { follow: true })
        assert.deepStrictEqual(welcome!.shownIn, [id, `after-${turns}`])
        terminal.type("\x1c")
        yield* Fiber.join(attaching)
      }
    }).pipe(Effect.scoped, Effect.provide(played)))

  it.effect("leaves an older session by itself that is where it is shown", () =>
    Effect.gen(function*() {
      yield* plainSession(dev)
      const { followers, set } = yield* SurroundingsFake.SurroundingsTestRef
      set(["s1", "id-of-dev"])
      const failure = yield* Effect.flip((yield* AttachClient).attach(ATTACH))
      assert.deepInclude(failure, { _tag: "LoopError", name: "dev" })
      assert.isFalse((yield* TtyFake.TtyTestRef).isOpen)
      assert.strictEqual(followers(), 0)
    }).pipe(Effect.scoped, Effect.provide(played)))

  it.effect("and one in the other, which show each other at the same moment, do not both go on", () =>
    Effect.gen(function*() {
      const [one, two] = ["one", "two"] as Array<SessionName> as [SessionName, SessionName]
      for (const name of [one, two]) yield* (yield* SessionDaemon).start({ ...spec, name })
      const [inOne, inTwo] = [yield* clientIn(one), yield* clientIn(two)]
      const ends: Array<unknown> = []
      const attach = (client: AttachClient["Service"], name: SessionName) =>
        Effect.map(Effect.result(client.attach({ name, role: "attach" })), (end) => void ends.push(end))
      yield* Effect.forkChild(attach(inOne, two))
      yield* Effect.forkChild(attach(inTwo, one))
      yield* eventually("an end", () => ends.length > 0)
      yield* settle
      const { clients } = (yield* joined(one, "query")).welcome!.info
      const { clients: others } = (yield* joined(two, "query")).welcome!.info
      assert.isBelow(clients.length + others.length, 2)
    }).pipe(Effect.scoped, Effect.provide(machine)))
})
