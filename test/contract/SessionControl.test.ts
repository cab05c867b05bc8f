import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as SessionDaemonLive from "../../src/layers/daemon/SessionDaemonLive.ts"
import * as Scrollback from "../../src/layers/scrollback/ScrollbackRing.ts"
import * as EndedSessionsDisk from "../../src/layers/sessions/EndedSessionsDisk.ts"
import * as SessionControlLive from "../../src/layers/sessions/SessionControlLive.ts"
import * as SessionFilesDisk from "../../src/layers/sessions/SessionFilesDisk.ts"
import * as Caller from "../../src/layers/testing/CallerFake.ts"
import { layer as network, NetworkTestRef } from "../../src/layers/testing/network/NetworkTestRef.ts"
import * as OutputFake from "../../src/layers/testing/OutputFake.ts"
import * as PtyFake from "../../src/layers/testing/PtyFake.ts"
import * as SessionClientFake from "../../src/layers/testing/SessionClientFake.ts"
import * as SessionControlFake from "../../src/layers/testing/SessionControlFake.ts"
import * as SessionFilesFake from "../../src/layers/testing/SessionFilesFake.ts"
import * as SessionServerFake from "../../src/layers/testing/SessionServerFake.ts"
import * as QueryResponder from "../../src/layers/vt/QueryResponderLive.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { SessionControl } from "../../src/services/SessionControl.ts"
import { hosted } from "../fixtures/hosted.ts"
import { machine } from "../fixtures/machine.ts"
import { plainSession } from "../fixtures/session.ts"
import { eventually, settle } from "../support/fakeClient.ts"
import { memorySuite, type Played, Stage, suite } from "./SessionControl.ts"

const played = Layer.effect(
  Stage,
  Effect.map(SessionControlFake.SessionControlTestRef, (sessions) => ({
    start: (name, options) =>
      Effect.sync((): Played => {
        const session = sessions.start(name, options)
        return {
          id: session.id,
          print: (text) => Effect.sync(() => session.print(text)),
          exit: (status) => session.exit(status),
          typed: () => session.typed,
          signals: () => session.signals,
          stall: (stalled) => session.stall(stalled),
          deafen: () => {
            session.deaf = true
          },
          hasShell: () => session.command !== undefined && !session.isOver,
          vanish: Effect.sync(() => session.vanish())
        }
      })
  }))
).pipe(Layer.provideMerge(SessionControlFake.layer))

const program = Layer.mergeAll(
  OutputFake.layer({ isTerminal: false }),
  PtyFake.layer(),
  QueryResponder.layer,
  Scrollback.layer()
)

const onFakes = Layer.mergeAll(hosted, SessionControlLive.layer).pipe(
  Layer.provideMerge(SessionDaemonLive.layer),
  Layer.provideMerge(Layer.mergeAll(SessionServerFake.layer, SessionClientFake.layer)),
  Layer.provideMerge(Layer.mergeAll(network(), SessionFilesFake.layer, program, Caller.layer()))
)

const overSockets = Layer.mergeAll(hosted, SessionControlLive.layer).pipe(
  Layer.provideMerge(SessionDaemonLive.layer),
  Layer.provideMerge(Layer.merge(SessionFilesDisk.layer, EndedSessionsDisk.layer)),
  Layer.provideMerge(Layer.mergeAll(program, machine)),
  Layer.orDie
)

suite("SessionControlFake", played)
suite("SessionControlLive, on a network of fakes", onFakes)
suite("SessionControlLive, over sockets", overSockets)
memorySuite("SessionControlFake", played)
memorySuite("SessionControlLive, on a network of fakes", onFakes)

const dev = "dev" as SessionName

describe("SessionControlLive", () => {
  const test = <E>(
    name: string,
    use: (control: SessionControl["Service"], net: NetworkTestRef["Service"]) => Effect.Effect<
      void,
      E,
      Layer.Success<typeof onFakes> | Scope.Scope
    >
  ) =>
    it.live(name, () =>
      Effect.gen(function*() {
        yield* use(yield* SessionControl, yield* NetworkTestRef)
      }).pipe(Effect.scoped, Effect.provide(onFakes)))

  test(
    "a connection that broke, of a session that ended meanwhile: as it ended, without its output",
    (control, net) =>
      Effect.gen(function*() {
        const session = yield* (yield* Stage).start(dev, { awaited: true })
        const waiting = yield* Effect.forkChild(control.wait({ name: dev, created: session.id, capture: 100 }))
        yield* settle
        net.links[0]!.stall("client")
        yield* session.print("lost")
        session.exit({ code: 4 })
        yield* settle
        net.links[0]!.cut()
        const waited = yield* Fiber.join(waiting)
        assert.deepStrictEqual(waited, { status: { code: 4 }, output: undefined, before: 0 })
      })
  )

  test("a session of an older sesh: what it can do is done, and what it cannot is said", (control) =>
    Effect.gen(function*() {
      yield* Effect.orDie(plainSession(dev, { info: { id: "old" }, status: { code: 3 } }))
      for (
        const attempt of [
          control.wait({ name: dev, created: "old" }),
          control.history(dev, { ansi: false }),
          control.signal({ name: dev, signal: "SIGINT", graceMs: 0 })
        ]
      ) {
        const error = yield* Effect.flip(attempt as Effect.Effect<unknown, { _tag: string; message: string }>)
        assert.strictEqual(error._tag, "SessionTooOld")
        assert.include(error.message, "started by sesh 9.9.9")
      }
      yield* control.signal({ name: dev, signal: "SIGHUP", graceMs: 0 })
    }))

  it.effect("a session that is stopped is not waited for for ever by who only asks", () =>
    Effect.gen(function*() {
      const control = yield* SessionControl
      const { links } = yield* NetworkTestRef
      yield* Effect.orDie(plainSession(dev, { mute: true }))
      const asking = yield* Effect.forkChild(Effect.flip(control.send(dev, Stream.empty)))
      yield* settle
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* Fiber.join(asking))._tag, "SessionUnresponsive")
      yield* eventually("no connection left", () => links.every(({ closed }) => closed))
    }).pipe(Effect.scoped, Effect.provide(onFakes)))

  test("nothing is left open by who is interrupted", (control, net) =>
    Effect.gen(function*() {
      yield* (yield* Stage).start(dev)
      const all = [control.wait({ name: dev }), control.send(dev, Stream.never)]
      const fibers = yield* Effect.forEach(all, (effect) => Effect.forkChild(effect as Effect.Effect<unknown, unknown>))
      yield* eventually("two connections", () => net.links.length === 2)
      yield* settle
      yield* Effect.forEach(fibers, Fiber.interrupt)
      yield* eventually("no connection left", () => net.links.every(({ closed }) => closed))
    }))
})
