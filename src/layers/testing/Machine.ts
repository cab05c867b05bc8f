import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { byName, type ListedSession } from "../../schema/Listing.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { Caller } from "../../services/Caller.ts"
import type { DaemonLauncher } from "../../services/DaemonLauncher.ts"
import type { PathsError } from "../../services/Paths.ts"
import type { Scrollback } from "../../services/Scrollback.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import * as SessionDaemonLive from "../daemon/SessionDaemonLive.ts"
import { askSessions } from "../sessions/requests.ts"
import * as SurroundingsLive from "../sessions/SurroundingsLive.ts"
import * as QueryResponderLive from "../vt/QueryResponderLive.ts"
import * as CallerFake from "./CallerFake.ts"
import * as DaemonLauncherFake from "./DaemonLauncherFake.ts"
import * as NetworkTestRef from "./network/NetworkTestRef.ts"
import * as PathsFake from "./PathsFake.ts"
import * as PtyFake from "./PtyFake.ts"
import * as ScrollbackFake from "./ScrollbackFake.ts"
import * as SessionClientFake from "./SessionClientFake.ts"
import * as SessionFilesFake from "./SessionFilesFake.ts"
import * as SessionRegistryFake from "./SessionRegistryFake.ts"
import * as SessionServerFake from "./SessionServerFake.ts"
import * as SignalsFake from "./SignalsFake.ts"

/** What a machine is like. */
export interface MachineOptions {
  readonly caller?: Partial<Caller["Service"]> | undefined
  readonly pty?: PtyFake.PtyFakeOptions | undefined
  /** Holds sockets and state; `/fake/.sesh` unless given. */
  readonly dir?: string | undefined
  /** Why that directory cannot be used. */
  readonly problem?: PathsError | undefined
  /** What the registry knows beside the sessions that run. */
  readonly sessions?: ReadonlyArray<SessionRegistryFake.FakeSession> | undefined
  /** What sessions keep of their output; all of it, without a model, unless given. */
  readonly scrollback?: Layer.Layer<Scrollback> | undefined
  /** Starts sessions; in this process, on this machine, unless given. */
  readonly launcher?: Layer.Layer<DaemonLauncher | DaemonLauncherFake.DaemonLauncherTestRef> | undefined
  /** Seen from another machine under this name: connections to its sessions may die, and are made again. */
  readonly host?: string | undefined
}

/** The sessions that run here are asked; those that a test has set say what it has set. */
const registry = Layer.effect(
  SessionRegistry,
  Effect.gen(function*() {
    const { elsewhere, listeners } = yield* NetworkTestRef.NetworkTestRef
    const { dead, sessions } = yield* SessionRegistryFake.SessionRegistryTestRef
    const set = yield* SessionRegistry
    const running = askSessions(yield* SessionClient, (yield* Caller).version)
    const isSet = (name: SessionName) => sessions.has(name) || dead.has(name)
    const of = (name: SessionName) => isSet(name) ? set : running
    const runningNames = Effect.sync(() => [...listeners.keys(), ...elsewhere.keys()].filter((name) => !isSet(name)))
    const listed = (name: SessionName) =>
      running.get(name).pipe(
        Effect.map(({ info }): ListedSession => ({ name, info })),
        Effect.catch((error) =>
          Effect.succeed<ListedSession>(
            error._tag === "SessionElsewhere"
              ? { name, machine: error.machine, problem: error.reason }
              : { name, problem: error.message }
          )
        )
      )
    return SessionRegistry.of({
      list: Effect.gen(function*() {
        const asked = yield* Effect.forEach(yield* runningNames, listed, { concurrency: "unbounded" })
        return [...yield* set.list, ...asked].toSorted(byName)
      }),
      names: Effect.zipWith(set.names, runningNames, (all, more) => [...all, ...more].toSorted()),
      get: (name) => Effect.suspend(() => of(name).get(name)),
      kill: (name, graceMs) => Effect.suspend(() => of(name).kill(name, graceMs)),
      detach: (name, reason) => Effect.suspend(() => of(name).detach(name, reason))
    })
  })
)

/**
 * A machine in this process: sessions run in real daemons, their programs are played by the test. There is no person at
 * it. Every build is another machine.
 */
export const layer = (options: MachineOptions = {}) => {
  const system = Layer.mergeAll(
    CallerFake.layer(options.caller),
    NetworkTestRef.layer(),
    PathsFake.layer({
      ...(options.dir === undefined ? {} : { dir: options.dir }),
      ...(options.problem === undefined ? {} : { problem: options.problem })
    }),
    PtyFake.layer(options.pty),
    QueryResponderLive.layer,
    options.scrollback ?? ScrollbackFake.layer,
    SessionFilesFake.layer,
    SignalsFake.layer
  )
  const registries = registry.pipe(Layer.provideMerge(SessionRegistryFake.layer(options.sessions)))
  const launcher = options.launcher ?? DaemonLauncherFake.layer
  return Layer.fresh(
    Layer.mergeAll(SurroundingsLive.layer, launcher, registries).pipe(
      Layer.provideMerge(SessionDaemonLive.layer),
      Layer.provideMerge(Layer.mergeAll(SessionServerFake.layer, SessionClientFake.layerOn(options.host))),
      Layer.provideMerge(system)
    )
  )
}

export type Machine = Layer.Success<ReturnType<typeof layer>>
