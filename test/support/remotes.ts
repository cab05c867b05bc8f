import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as AttachClient from "../../src/layers/attach/AttachClientLive.ts"
import * as SessionDaemonLive from "../../src/layers/daemon/SessionDaemonLive.ts"
import * as SessionControl from "../../src/layers/sessions/SessionControlLive.ts"
import * as Caller from "../../src/layers/testing/CallerFake.ts"
import * as DaemonLauncher from "../../src/layers/testing/DaemonLauncherFake.ts"
import { layer as network, NetworkTestRef } from "../../src/layers/testing/network/NetworkTestRef.ts"
import * as Paths from "../../src/layers/testing/PathsFake.ts"
import * as Pty from "../../src/layers/testing/PtyFake.ts"
import * as Scrollback from "../../src/layers/testing/ScrollbackFake.ts"
import * as SessionClient from "../../src/layers/testing/SessionClientFake.ts"
import * as SessionFiles from "../../src/layers/testing/SessionFilesFake.ts"
import * as Registry from "../../src/layers/testing/SessionRegistryFake.ts"
import * as SessionServer from "../../src/layers/testing/SessionServerFake.ts"
import * as QueryResponder from "../../src/layers/vt/QueryResponderLive.ts"
import type { HostName } from "../../src/schema/HostName.ts"
import type { ListedSession } from "../../src/schema/Listing.ts"
import type { RememberedHost } from "../../src/schema/RememberedHost.ts"
import type { SessionSpec } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { DaemonLauncher as Launcher } from "../../src/services/DaemonLauncher.ts"
import type { HostError } from "../../src/services/HostError.ts"
import { HostMemory } from "../../src/services/HostMemory.ts"
import type { Output } from "../../src/services/Output.ts"
import { Remotes } from "../../src/services/Remotes.ts"
import { SessionClient as Client } from "../../src/services/SessionClient.ts"
import { SessionRegistry } from "../../src/services/SessionRegistry.ts"
import type { ConnectOptions } from "../../src/services/SshTransport.ts"
import type { Tty } from "../../src/services/Tty.ts"

/** A host as a test sets it. */
export interface FakeHostOptions {
  /** What its registry knows, beside the sessions that are made. */
  readonly sessions?: ReadonlyArray<Registry.FakeSession>
  /** What it says when it is asked, in the place of what is there. */
  readonly listing?: ReadonlyArray<ListedSession>
  /** What it said last, and when; unless given that it had nothing, at 0. Undefined: sesh has never been there. */
  readonly known?: { readonly sessions?: ReadonlyArray<ListedSession>; readonly at?: number } | undefined
  /** Whoever wants anything of it gets this. */
  readonly failure?: HostError
  /** From when it has been asked once. */
  readonly laterFailure?: HostError
  /** Until it answers. */
  readonly delayMs?: number
  readonly pty?: Pty.PtyFakeOptions
}

/** A host while a test runs. */
export interface FakeHost {
  failure: HostError | undefined
  readonly network: NetworkTestRef["Service"]
  readonly programs: Pty.PtyTestRef["Service"]
  /** What was to be started. */
  readonly specs: ReadonlyArray<SessionSpec>
  readonly memory: Registry.SessionRegistryTestRef["Service"]
}

/** The hosts, and what was asked of them. */
export class FakeHosts extends Context.Service<FakeHosts, {
  readonly at: (host: string) => FakeHost
  /** Each host that was asked what there is, how, and each that was worked on. */
  readonly looks: Array<readonly [host: string, options: ConnectOptions | undefined]>
  readonly visits: Array<readonly [host: string, options: ConnectOptions | undefined]>
  /** How often somebody wanted to know which hosts there are. */
  readonly reads: () => number
}>()("test/FakeHosts") {}

const HOME = "/home/there"

/** The services of a host that is another memory in this process. */
const build = (name: string, options: FakeHostOptions, here: Context.Context<Tty | Output>) =>
  Effect.gen(function*() {
    const fake = { failure: options.failure }
    const specs: Array<SessionSpec> = []
    const failing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | HostError, R> =>
      Effect.suspend((): Effect.Effect<A, E | HostError, R> =>
        fake.failure === undefined ? effect : Effect.fail(fake.failure)
      )
    const client = Layer.effect(
      Client,
      Effect.map(Client, ({ connect }) => ({
        host: name,
        connect: (session: SessionName) => failing(connect(session))
      }))
    ).pipe(Layer.provide(Layer.fresh(SessionClient.layer)))
    const system = Layer.mergeAll(
      Layer.succeedContext(here),
      Pty.layer(options.pty),
      Paths.layer({}),
      Caller.layer({ cwd: "", home: HOME, env: { TERM: "xterm" }, resolve: (path) => path }),
      Layer.fresh(SessionFiles.layer),
      Layer.fresh(QueryResponder.layer),
      Layer.fresh(Scrollback.layer),
      network(),
      Registry.layer(options.sessions)
    )
    const launcher = Layer.fresh(DaemonLauncher.layer).pipe(
      Layer.provide(Layer.fresh(SessionDaemonLive.layer).pipe(Layer.provide(Layer.fresh(SessionServer.layer))))
    )
    const context = yield* Layer.build(
      Layer.mergeAll(Layer.fresh(AttachClient.layer), Layer.fresh(SessionControl.layer), launcher).pipe(
        Layer.provideMerge(client),
        Layer.provideMerge(system)
      )
    )
    const registry = Context.get(context, SessionRegistry)
    const { launch } = Context.get(context, Launcher)
    const services = context.pipe(
      Context.add(Launcher, {
        launch: (spec) =>
          failing(Effect.suspend(() => {
            specs.push(spec)
            // What a login there would give it.
            return launch({ ...spec, dir: spec.dir === "" ? HOME : spec.dir, env: { SHELL: "/bin/sh", ...spec.env } })
          }))
      }),
      Context.add(SessionRegistry, {
        ...registry,
        list: failing(registry.list),
        get: (name) => failing(registry.get(name)),
        kill: (name, graceMs) => failing(registry.kill(name, graceMs)),
        detach: (name, reason) => failing(registry.detach(name, reason))
      })
    )
    return Object.assign(fake, {
      services,
      options,
      specs,
      network: Context.get(context, NetworkTestRef),
      programs: Context.get(context, Pty.PtyTestRef),
      memory: Context.get(context, Registry.SessionRegistryTestRef)
    })
  })

/** Hosts in this process. */
export const layer = (
  given: Readonly<Record<string, FakeHostOptions>> = {}
): Layer.Layer<Remotes | HostMemory | FakeHosts, never, Tty | Output> =>
  Layer.effectContext(Effect.gen(function*() {
    const here = yield* Effect.context<Tty | Output>()
    const fakes = new Map<string, Effect.Success<ReturnType<typeof build>>>()
    const known = new Map<HostName, RememberedHost>()
    for (const [name, options] of Object.entries(given)) {
      fakes.set(name, yield* build(name, options, here))
      if ("known" in options && options.known === undefined) continue
      const host = name as HostName
      known.set(host, { host, at: 0, sesh: "0.0.0", home: HOME, dir: `${HOME}/.sesh`, sessions: [], ...options.known })
    }
    const looks: FakeHosts["Service"]["looks"] = []
    const visits: FakeHosts["Service"]["visits"] = []
    let reads = 0
    const find = (host: string) => {
      const fake = fakes.get(host)
      if (fake === undefined) throw new Error(`the test has no host named ${host}`)
      return fake
    }
    const look = Effect.fnUntraced(function*(host: HostName, options?: ConnectOptions) {
      looks.push([host, options])
      const fake = find(host)
      if (fake.options.delayMs !== undefined) yield* Effect.sleep(fake.options.delayMs)
      if (fake.failure !== undefined) return yield* fake.failure
      fake.failure = fake.options.laterFailure
      const made = [...fake.network.listeners.keys()].map((name) => ({ name, info: Registry.fakeInfo(name) }))
      const kept = [...fake.memory.sessions.values()].map(({ info }) => ({ name: info.name, info }))
      const sessions = fake.options.listing ?? [...kept, ...made]
      const found = { host, at: 0, sesh: "0.0.0", home: HOME, dir: `${HOME}/.sesh`, sessions }
      known.set(host, found)
      return found
    })
    const counted = <A>(value: () => A) =>
      Effect.sync(() => {
        reads++
        return value()
      })
    return Context.make(Remotes, {
      at: (host, options) =>
        Effect.sync(() => {
          visits.push([host, options])
          return find(host).services
        }),
      look
    }).pipe(
      Context.add(HostMemory, {
        names: counted(() => [...known.keys()].toSorted()),
        all: counted(() => [...known.values()].toSorted((a, b) => a.host < b.host ? -1 : 1)),
        get: (host) => Effect.sync(() => Option.fromUndefinedOr(known.get(host))),
        remember: (host) => Effect.sync(() => void known.set(host.host, host))
      }),
      Context.add(FakeHosts, { at: find, looks, visits, reads: () => reads })
    )
  }))
