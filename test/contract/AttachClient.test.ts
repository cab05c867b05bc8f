import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as AttachClientLive from "../../src/layers/attach/AttachClientLive.ts"
import * as AttachClientFake from "../../src/layers/testing/AttachClientFake.ts"
import * as CallerFake from "../../src/layers/testing/CallerFake.ts"
import * as Machine from "../../src/layers/testing/Machine.ts"
import { NetworkTestRef } from "../../src/layers/testing/network/NetworkTestRef.ts"
import * as OutputFake from "../../src/layers/testing/OutputFake.ts"
import { PtyTestRef } from "../../src/layers/testing/PtyFake.ts"
import * as TtyFake from "../../src/layers/testing/TtyFake.ts"
import { HostError } from "../../src/services/HostError.ts"
import { SessionDaemon } from "../../src/services/SessionDaemon.ts"
import { SessionRegistry } from "../../src/services/SessionRegistry.ts"
import { settle } from "../support/fakeClient.ts"
import { spec } from "../support/hosting.ts"
import { type Place, Stage, suite } from "./AttachClient.ts"

/** Sessions in daemons, whose programs are fakes. */
const inDaemons = Layer.effect(
  Stage,
  Effect.gen(function*() {
    const daemon = yield* SessionDaemon
    const network = yield* NetworkTestRef
    const programs = yield* PtyTestRef
    const registry = yield* SessionRegistry
    const terminal = yield* TtyFake.TtyTestRef
    const outer = yield* Effect.scope
    return {
      start: Effect.fnUntraced(function*(name) {
        const scope = yield* Scope.fork(outer)
        const { info } = yield* Effect.orDie(Scope.provide(daemon.start({ ...spec, name }), scope))
        const program = programs.last()
        return {
          id: info.id,
          print: (text) => program.print(text),
          exit: (status) => program.exit(status),
          typed: () => program.typed.toString(),
          sizes: () => [...program.sizes],
          detach: (reason) => Effect.orDie(Effect.asVoid(registry.detach(name, reason))),
          vanish: Scope.close(scope, Exit.void),
          lose: Effect.sync(() => network.links.at(-1)!.cut()),
          resume: TestClock.adjust("1 second"),
          lock: Effect.suspend(() => {
            network.setDown(new HostError({ host: "web", problem: "web wants a password", kind: "locked" }))
            terminal.onLend = () => network.setDown(undefined)
            network.links.at(-1)!.cut()
            return Effect.andThen(settle, TestClock.adjust("2 seconds"))
          })
        }
      })
    }
  })
)

const played = Layer.effect(
  Stage,
  Effect.map(AttachClientFake.AttachClientTestRef, (sessions) => ({
    start: (name) =>
      Effect.sync(() => {
        const session = sessions.start(name)
        return {
          id: session.id,
          print: (text) => session.print(text),
          exit: (status) => session.exit(status),
          typed: () => session.typed.toString(),
          sizes: () => [...session.sizes],
          detach: (reason) => Effect.sync(() => session.detach(reason)),
          vanish: Effect.sync(() => session.vanish()),
          lose: Effect.sync(() => session.lose()),
          resume: Effect.sync(() => session.resume()),
          lock: Effect.sync(() => session.lock())
        }
      })
  }))
)

const live = ({ env = {}, host, tty }: Place) =>
  Layer.mergeAll(AttachClientLive.layer, inDaemons).pipe(
    Layer.provideMerge(Machine.layer({ host, caller: { env } })),
    Layer.provideMerge(Layer.mergeAll(TtyFake.layer(tty), OutputFake.layer({ isTerminal: true })))
  )

const fake = ({ env = {}, tty }: Place) =>
  played.pipe(
    Layer.provideMerge(AttachClientFake.layer),
    Layer.provideMerge(Layer.mergeAll(TtyFake.layer(tty), CallerFake.layer({ env })))
  )

suite("AttachClientLive, on fakes", live)
suite("AttachClientFake", fake)
