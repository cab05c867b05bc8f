import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Machine from "../../src/layers/testing/Machine.ts"
import { NetworkTestRef } from "../../src/layers/testing/network/NetworkTestRef.ts"
import * as SurroundingsFake from "../../src/layers/testing/SurroundingsFake.ts"
import { Control, type ShownIn } from "../../src/schema/protocol/Control.ts"
import { FrameType } from "../../src/schema/protocol/Frame.ts"
import { SessionDaemon } from "../../src/services/SessionDaemon.ts"
import { Surroundings } from "../../src/services/Surroundings.ts"
import { plainSession } from "../fixtures/session.ts"
import { eventually, joined } from "../support/fakeClient.ts"
import { dev, spec } from "../support/hosting.ts"
import { Around, suite } from "./Surroundings.ts"

/** On a machine, in its session `dev`. */
const inDev = (isOnTerminal?: boolean) =>
  Machine.layer({ caller: { env: { SHELL: "/bin/sh", SESH_SESSION: "dev" }, isOnTerminal: () => isOnTerminal } })

/** In a session's daemon, which one client shows in the others. */
const inDaemon = Layer.effect(
  Around,
  Effect.gen(function*() {
    const { links } = yield* NetworkTestRef
    const { info: { id } } = yield* Effect.orDie((yield* SessionDaemon).start({ ...spec, name: dev }))
    const client = yield* Effect.orDie(joined(dev, "attach"))
    return {
      shownIn: (shownIn: ShownIn) =>
        Effect.sync(() => {
          client.connection.send(FrameType.shownIn, Control.shownIn.encode({ shownIn }))
          return id
        }),
      followers: () => links.filter(({ closed }) => !closed).length - 1
    }
  })
)

const played = Layer.effect(
  Around,
  Effect.map(SurroundingsFake.SurroundingsTestRef, ({ followers, set }) => ({
    shownIn: (others: ShownIn) =>
      Effect.sync(() => {
        set(["s1", ...others])
        return "s1"
      }),
    followers
  }))
)

suite("SurroundingsLive, on fakes", {
  inside: inDaemon.pipe(Layer.provideMerge(inDev())),
  outside: Machine.layer()
})
suite("SurroundingsFake", {
  inside: played.pipe(Layer.provideMerge(SurroundingsFake.layer())),
  outside: SurroundingsFake.layer()
})

const followed = Effect.gen(function*() {
  const told: Array<ShownIn> = []
  yield* (yield* Surroundings).follow((ids) => void told.push(ids))
  return told
})

describe("SurroundingsLive", () => {
  it.effect("an inherited name on another terminal is no session that we are in, and no connection stays", () =>
    Effect.gen(function*() {
      yield* (yield* SessionDaemon).start({ ...spec, name: dev })
      assert.deepStrictEqual(yield* followed, [[]])
      const { links } = yield* NetworkTestRef
      yield* eventually("the end of the connection", () => links.length === 1 && links[0]!.closed)
    }).pipe(Effect.scoped, Effect.provide(inDev(false))))

  it.effect("of an older session only itself is known", () =>
    Effect.gen(function*() {
      yield* plainSession(dev)
      assert.deepStrictEqual(yield* followed, [["id-of-dev"]])
    }).pipe(Effect.scoped, Effect.provide(inDev())))

  it.effect.each([["gone", "dev"], ["no session's name", "../x"]])(
    "a session that is %s counts as none",
    ([, SESH_SESSION]) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* followed, [[]])
      }).pipe(Effect.scoped, Effect.provide(Machine.layer({ caller: { env: { SESH_SESSION } } })))
  )
})
