import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostName } from "../../schema/HostName.ts"
import type { ListedSession } from "../../schema/Listing.ts"
import { terminalVariables } from "../../schema/protocol/Serve.ts"
import { AttachClient } from "../../services/AttachClient.ts"
import { Caller } from "../../services/Caller.ts"
import { DaemonLauncher } from "../../services/DaemonLauncher.ts"
import { EndedSessions } from "../../services/EndedSessions.ts"
import { HostError } from "../../services/HostError.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import { type Output } from "../../services/Output.ts"
import { type HostServices, Remotes } from "../../services/Remotes.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { SessionControl } from "../../services/SessionControl.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { AsksNobody, type ConnectOptions, type Wait } from "../../services/SshTransport.ts"
import { type Surroundings } from "../../services/Surroundings.ts"
import { type Tty } from "../../services/Tty.ts"
import * as AttachClientLive from "../attach/AttachClientLive.ts"
import { remoteAttacher, remoteCaller } from "../remote/caller.ts"
import { forgettingEnds } from "../remote/ends.ts"
import * as SessionControlLive from "../sessions/SessionControlLive.ts"
import { waiting } from "../ssh/shared/waiting.ts"

/** What is used of the machine that a host is: its own sessions and what starts them (`Machine.ts` has it all). */
export type MachineServices = DaemonLauncher | EndedSessions | SessionClient | SessionRegistry

/** Another host, as a test makes it up. All of it may change at any time. */
export interface FakeHost {
  services: Context.Context<MachineServices>
  /** Why nothing can be had of it. */
  failure?: HostError | undefined
  /** The same, from when it has been asked once what there is. */
  laterFailure?: HostError | undefined
  /** Until it lets us in, or fails. Who is in stays in. */
  delay?: Duration.Input | undefined
  /** What it says there is, whatever there is. */
  listing?: ReadonlyArray<ListedSession> | undefined
  readonly home?: string | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** A question to a host, with what it was asked with. */
export type Asked = readonly [host: string, options: ConnectOptions | undefined]

/** The hosts there are, for tests to change, and what was wanted of them, in order. */
export class RemotesTestRef extends Context.Service<RemotesTestRef, {
  /** By the name that is asked for. What is not here is no such host. */
  readonly hosts: Map<string, FakeHost>
  /** Whose services were wanted. */
  readonly visits: ReadonlyArray<Asked>
  /** Who was asked what there is. */
  readonly looks: ReadonlyArray<Asked>
  /** Who was asked for whatever it was; with whether a person might have been asked for a password. */
  readonly asked: ReadonlyArray<{ readonly host: HostName; readonly prompts: "interactive" | "batch" }>
}>()("sesh/layers/testing/RemotesTestRef") {}

const HOME = "/home/user"

const CONNECTION: Wait = { awaited: () => "connection" }

/** Hosts that are machines in this process. What is shown of their sessions is shown on the terminal here. */
export const layer = (
  given: Readonly<Record<string, FakeHost>> = {}
): Layer.Layer<Remotes | RemotesTestRef, never, HostMemory | Caller | Output | Surroundings | Tty> =>
  Layer.effectContext(Effect.gen(function*() {
    const caller = yield* Caller
    const known = yield* HostMemory
    const terminal = yield* Effect.context<Output | Surroundings | Tty>()
    const scope = yield* Effect.scope
    const hosts = new Map(Object.entries(given))
    const visits: Array<Asked> = []
    const looks: Array<Asked> = []
    const asked: Array<{ readonly host: HostName; readonly prompts: "interactive" | "batch" }> = []
    const connected = new Set<FakeHost>()

    /** The host, once it lets us in. */
    const reach = Effect.fnUntraced(function*(name: HostName, options: ConnectOptions | undefined) {
      asked.push({ host: name, prompts: (yield* AsksNobody) ? "batch" : options?.prompts ?? "batch" })
      const host = hosts.get(name)
      if (host === undefined) {
        return yield* new HostError({ host: name, problem: `there is no host named ${name}`, kind: "unreachable" })
      }
      if (host.delay !== undefined && !connected.has(host)) {
        yield* waiting(options, CONNECTION)(Effect.sleep(host.delay))
      }
      if (host.failure !== undefined) {
        connected.delete(host)
        return yield* host.failure
      }
      connected.add(host)
      return host
    })

    const list = Effect.fnUntraced(function*(name: HostName, options: ConnectOptions | undefined) {
      const host = yield* reach(name, options)
      const { home = HOME, listing, services } = host
      host.failure = host.laterFailure
      const sessions = listing ?? (yield* Context.get(services, SessionRegistry).list.pipe(
        Effect.mapError((cause) =>
          new HostError({ host: name, problem: `${name}: ${cause.message}`, kind: "refused", cause })
        )
      ))
      const at = yield* Clock.currentTimeMillis
      const found = { host: name, at, sesh: caller.version, home, dir: `${home}/.sesh`, sessions }
      yield* known.remember(found)
      return found
    })

    const look = Effect.fn("Remotes.look")((name: HostName, options?: ConnectOptions) =>
      Effect.suspend(() => {
        looks.push([name, options])
        return list(name, options)
      })
    )

    const at = Effect.fn("Remotes.at")(function*(name: HostName, options?: ConnectOptions) {
      visits.push([name, options])
      const there = <Id extends MachineServices, S, A, E, R>(
        service: Context.Key<Id, S>,
        use: (service: S, host: FakeHost) => Effect.Effect<A, E, R>
      ) => Effect.flatMap(reach(name, options), (host) => use(Context.getUnsafe(host.services, service), host))

      const client = SessionClient.of({
        host: name,
        mayAsk: options?.prompts === "interactive",
        agent: there(SessionClient, ({ agent }) => agent).pipe(Effect.catch(() => Effect.succeedNone)),
        connect: (session) => there(SessionClient, ({ connect }) => connect(session))
      })
      const registry = SessionRegistry.of({
        list: Effect.map(list(name, options), ({ sessions }) => sessions),
        names: Effect.orElseSucceed(there(SessionRegistry, ({ names }) => names), () => []),
        get: (session) => there(SessionRegistry, ({ get }) => get(session)),
        kill: (session, graceMs) => there(SessionRegistry, ({ kill }) => kill(session, graceMs)),
        detach: (session, reason) => there(SessionRegistry, ({ detach }) => detach(session, reason))
      })
      const launcher = DaemonLauncher.of({
        launch: (spec, options) =>
          there(DaemonLauncher, ({ launch }, { env = { SHELL: "/bin/sh" }, home = HOME }) =>
            launch({
              ...spec,
              dir: spec.dir === "" ? home : spec.dir.startsWith("/") ? spec.dir : `${home}/${spec.dir}`,
              env: { ...env, ...terminalVariables(spec.env) },
              login: true
            }, options))
      })
      const ended = EndedSessions.of({
        get: (session) => there(EndedSessions, ({ get }) => get(session))
      })
      const callerThere = remoteCaller(caller, () => hosts.get(name)?.home ?? HOME)
      const basis = Context.merge(terminal, Context.make(SessionClient, client)).pipe(Context.add(EndedSessions, ended))
      // As RemotesSsh has it: the client is ours, what it speaks to is there.
      const ours = Layer.fresh(Layer.mergeAll(AttachClientLive.layer, SessionControlLive.layer)).pipe(
        Layer.provide(Layer.succeedContext(
          Context.add(basis, Caller, remoteAttacher(caller, callerThere, () => undefined))
        ))
      )
      const live = yield* Layer.buildWithScope(ours, scope)
      const services: Context.Context<HostServices> = Context.make(SessionClient, client).pipe(
        Context.add(SessionRegistry, registry),
        Context.add(DaemonLauncher, launcher),
        Context.add(EndedSessions, ended),
        Context.add(Caller, callerThere),
        Context.add(AttachClient, Context.get(live, AttachClient)),
        Context.add(SessionControl, Context.get(live, SessionControl))
      )
      return forgettingEnds(services, name, known)
    })

    return Context.make(Remotes, Remotes.of({ at, look, prepare: () => Effect.void })).pipe(
      Context.add(RemotesTestRef, { hosts, visits, looks, asked })
    )
  }))
