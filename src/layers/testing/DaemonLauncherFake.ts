import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { SessionSpec } from "../../schema/Session.ts"
import { DaemonLauncher, type Launched, LaunchError } from "../../services/DaemonLauncher.ts"
import { Paths, type PathsError } from "../../services/Paths.ts"
import { type RunningSession, SessionDaemon } from "../../services/SessionDaemon.ts"
import type { SessionExists } from "../../services/SessionServer.ts"

/** What was to be started, for tests. */
export class DaemonLauncherTestRef extends Context.Service<DaemonLauncherTestRef, {
  readonly specs: Array<SessionSpec>
  /** The sessions that did start. */
  readonly sessions: Array<RunningSession>
}>()("sesh/layers/testing/DaemonLauncherTestRef") {}

const make = (
  launches: DaemonLauncherTestRef["Service"],
  launch: (spec: SessionSpec) => Effect.Effect<Launched, SessionExists | LaunchError | PathsError>
) =>
  Context.make(DaemonLauncherTestRef, launches).pipe(Context.add(
    DaemonLauncher,
    DaemonLauncher.of({
      launch: (spec, options) =>
        Effect.suspend(() => {
          launches.specs.push(spec)
          options?.onAsked?.()
          return launch(spec)
        })
    })
  ))

/** Answers as told, and starts nothing. */
export const layerScripted = (
  launch: (spec: SessionSpec) => Effect.Effect<Launched, SessionExists | LaunchError>
): Layer.Layer<DaemonLauncher | DaemonLauncherTestRef> =>
  Layer.effectContext(Effect.sync(() => make({ specs: [], sessions: [] }, launch)))

/** Sessions in this process, which end with the layer. */
export const layer: Layer.Layer<DaemonLauncher | DaemonLauncherTestRef, never, SessionDaemon | Paths> = Layer
  .effectContext(
    Effect.gen(function*() {
      const host = yield* SessionDaemon
      const paths = yield* Paths
      const all = yield* Effect.scope
      const launches: DaemonLauncherTestRef["Service"] = { specs: [], sessions: [] }
      return make(
        launches,
        Effect.fn("DaemonLauncher.launch")(function*(spec: SessionSpec) {
          yield* paths.checkSocketPath(spec.name)
          yield* paths.ensure
          const scope = yield* Scope.fork(all)
          const session = yield* Scope.provide(host.start(spec), scope).pipe(
            Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
            Effect.mapError((error) =>
              error._tag === "SessionExists"
                ? error
                : new LaunchError({
                  name: spec.name,
                  reason: error.message,
                  kind: error._tag === "PtyError" ? error.kind : "other"
                })
            )
          )
          launches.sessions.push(session)
          yield* Effect.forkIn(Effect.andThen(session.ended, Scope.close(scope, Exit.void)), all)
          return { id: session.info.id }
        })
      )
    })
  )
