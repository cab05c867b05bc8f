import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { newId } from "../schema/Id.ts"
import type { ExitStatus, SessionInfo, SessionSpec } from "../schema/Session.ts"
import { Caller } from "../services/Caller.ts"
import { Pty, type PtyProcess } from "../services/Pty.ts"
import { QueryResponder } from "../services/QueryResponder.ts"
import { Scrollback } from "../services/Scrollback.ts"
import { SessionFiles } from "../services/SessionFiles.ts"
import { SessionHost } from "../services/SessionHost.ts"
import { SessionServer } from "../services/SessionServer.ts"
import { planCommand } from "./internal/host/plan.ts"
import { Session } from "./internal/host/session.ts"

/** A client that takes nothing for so long, after the end, is given up. */
const GIVE_UP_MS = 2000
const LOOK_MS = 20

/** Waits until everybody has taken what was sent to them, or no longer takes anything. */
const drained = Effect.fnUntraced(function*(session: Session) {
  for (let pending = Infinity, quietMs = 0; session.open > 0 && quietMs < GIVE_UP_MS;) {
    yield* Effect.sleep(LOOK_MS)
    quietMs = session.pending < pending ? 0 : quietMs + LOOK_MS
    pending = session.pending
  }
})

/** The daemon's heart, over services alone: runs on fakes. */
export const layer: Layer.Layer<
  SessionHost,
  never,
  Pty | Scrollback | QueryResponder | SessionServer | SessionFiles | Caller
> = Layer.effect(
  SessionHost,
  Effect.gen(function*() {
    const pty = yield* Pty
    const scrollback = yield* Scrollback
    const server = yield* SessionServer
    const files = yield* SessionFiles
    const queries = yield* QueryResponder
    const { version } = yield* Caller

    const start = Effect.fn("SessionHost.start")(function*(spec: SessionSpec) {
      const scope = yield* Effect.scope
      const clock = yield* Clock.Clock
      const run = Effect.runForkWith(yield* Effect.context())
      const fork = (effect: Effect.Effect<void>) => void run(Effect.forkIn(effect, scope))
      const exited = yield* Deferred.make<ExitStatus>()
      const seen = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<ExitStatus>()
      const model = yield* scrollback.make(spec.size)
      const plan = yield* planCommand(spec, files.agentPath(spec.name))
      const created = yield* Clock.currentTimeMillis

      const host = (program: PtyProcess, born: SessionInfo) =>
        new Session({
          program,
          model,
          responder: (rows) =>
            queries.make({ report: () => model.report(), rows, now: () => clock.currentTimeMillisUnsafe() }),
          version,
          born,
          awaited: spec.awaited,
          now: () => clock.currentTimeMillisUnsafe(),
          after: (ms, then) => fork(Effect.andThen(Effect.sleep(ms), Effect.sync(then))),
          onAgent: (socket) => fork(files.pointAgent(spec.name, socket)),
          onSeen: () => Deferred.doneUnsafe(seen, Exit.void),
          onExit: (status) => Deferred.doneUnsafe(exited, Exit.succeed(status))
        })

      const prepare = Effect.map(Scope.provide(pty.spawn(plan), scope), (program) =>
        host(program, {
          name: spec.name,
          id: newId(),
          dir: spec.dir,
          ...(spec.command === undefined ? {} : { command: spec.command }),
          pid: program.pid,
          size: spec.size,
          created,
          active: created,
          clients: []
        }))

      const listening = yield* Scope.fork(scope)
      const session = yield* Scope.provide(
        server.listen({ name: spec.name, prepare, onConnection: (connection, session) => session.connect(connection) }),
        listening
      )
      const agent = spec.env["SSH_AUTH_SOCK"]
      if (agent) yield* files.pointAgent(spec.name, agent)
      yield* files.writeInfo(session.info)

      const finish = Effect.gen(function*() {
        const status = yield* Deferred.await(exited)
        if (spec.awaited) yield* Deferred.await(seen)
        // The name is free before anybody hears of the end: who hears may want it again.
        yield* Scope.close(listening, Exit.void)
        session.end(status)
        yield* drained(session)
        session.destroy()
        yield* Deferred.succeed(ended, status)
      })
      yield* Effect.forkIn(finish, scope)
      yield* Effect.addFinalizer(() => Effect.sync(() => session.destroy()))

      return {
        info: session.info,
        ended: Deferred.await(ended),
        kill: (graceMs: number) => Effect.sync(() => session.kill(graceMs))
      }
    })

    return SessionHost.of({ start })
  })
)
