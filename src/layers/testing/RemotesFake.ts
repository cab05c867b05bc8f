import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { HostName } from "../../schema/HostName.ts"
import { terminalVariables } from "../../schema/protocol/Serve.ts"
import { AttachClient } from "../../services/AttachClient.ts"
import { Caller } from "../../services/Caller.ts"
import { DaemonLauncher } from "../../services/DaemonLauncher.ts"
import { EndedSessions } from "../../services/EndedSessions.ts"
import { HostError } from "../../services/HostError.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import { type HostServices, Remotes } from "../../services/Remotes.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { SessionControl } from "../../services/SessionControl.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import type { ConnectOptions } from "../../services/SshTransport.ts"
import { remoteCaller } from "../remote/caller.ts"

/** What a host that does not exist works with: the services of a machine that is made up. */
export type MachineServices = Exclude<HostServices, Caller>

/** Another host, as a test makes it up. All of it may change at any time. */
export interface FakeHost {
  /** Of its own sessions, with the terminal of the machine here. */
  services: Context.Context<MachineServices>
  /** Why nothing can be had of it. */
  failure?: HostError | undefined
  /** Milliseconds until it answers, or fails. */
  delay?: number
  readonly home?: string
  readonly env?: Readonly<Record<string, string>>
}

/** The hosts there are, for tests to play with. */
export class RemotesTestRef extends Context.Service<RemotesTestRef, {
  /** By the name that is asked for. What is not here is no such host. */
  readonly hosts: Map<string, FakeHost>
  /** Who was asked, in order, for whatever it was; with whether a person might have been asked for a password. */
  readonly asked: Array<{ readonly host: HostName; readonly prompts: "interactive" | "batch" }>
}>()("sesh/layers/testing/RemotesTestRef") {}

const HOME = "/home/user"

/** Hosts that are machines in this process. */
export const layer = (
  given: Readonly<Record<string, FakeHost>> = {}
): Layer.Layer<Remotes | RemotesTestRef, never, HostMemory | Caller> =>
  Layer.effectContext(Effect.gen(function*() {
    const caller = yield* Caller
    const known = yield* HostMemory
    const ref = RemotesTestRef.of({ hosts: new Map(Object.entries(given)), asked: [] })

    /** The host, once it lets us in. */
    const reach = Effect.fnUntraced(function*(name: HostName, options: ConnectOptions | undefined) {
      ref.asked.push({ host: name, prompts: options?.prompts ?? "batch" })
      const host = ref.hosts.get(name)
      if (host === undefined) {
        return yield* new HostError({ host: name, problem: `there is no host named ${name}`, kind: "unreachable" })
      }
      if (host.delay !== undefined && host.delay > 0) yield* Effect.sleep(host.delay)
      return host.failure === undefined ? host : yield* host.failure
    })

    const look = Effect.fn("Remotes.look")(function*(name: HostName, options?: ConnectOptions) {
      const { home = HOME, services } = yield* reach(name, options)
      const sessions = yield* Context.get(services, SessionRegistry).list.pipe(
        Effect.mapError(({ message }) => new HostError({ host: name, problem: `${name}: ${message}`, kind: "refused" }))
      )
      const at = yield* Clock.currentTimeMillis
      const found = { host: name, at, sesh: caller.version, home, dir: `${home}/.sesh`, sessions }
      yield* known.remember(found)
      return found
    })

    const at = (name: HostName, options?: ConnectOptions) =>
      Effect.sync((): Context.Context<HostServices> => {
        const there = <Id extends MachineServices, S, A, E, R>(
          service: Context.Key<Id, S>,
          use: (service: S, host: FakeHost) => Effect.Effect<A, E, R>
        ) => Effect.flatMap(reach(name, options), (host) => use(Context.getUnsafe(host.services, service), host))

        const client = SessionClient.of({
          host: name,
          connect: (session) => there(SessionClient, ({ connect }) => connect(session))
        })
        const registry = SessionRegistry.of({
          list: Effect.map(look(name, options), ({ sessions }) => sessions),
          names: Effect.orElseSucceed(there(SessionRegistry, ({ names }) => names), () => []),
          get: (session) => there(SessionRegistry, ({ get }) => get(session)),
          kill: (session, graceMs) => there(SessionRegistry, ({ kill }) => kill(session, graceMs)),
          detach: (session, reason) => there(SessionRegistry, ({ detach }) => detach(session, reason))
        })
        const control = SessionControl.of({
          wait: (wanted) => there(SessionControl, ({ wait }) => wait(wanted)),
          signal: (wanted) => there(SessionControl, ({ signal }) => signal(wanted)),
          history: (session, wanted) => there(SessionControl, ({ history }) => history(session, wanted)),
          send: (session, bytes) => there(SessionControl, ({ send }) => send(session, bytes))
        })
        const launcher = DaemonLauncher.of({
          launch: (spec) =>
            there(DaemonLauncher, ({ launch }, { env = { SHELL: "/bin/sh" }, home = HOME }) =>
              launch({
                ...spec,
                dir: spec.dir === "" ? home : spec.dir.startsWith("/") ? spec.dir : `${home}/${spec.dir}`,
                env: { ...env, ...terminalVariables(spec.env) },
                login: true
              }))
        })
        const ended = EndedSessions.of({
          get: (session) => Effect.orElseSucceed(there(EndedSessions, ({ get }) => get(session)), () => Option.none())
        })
        return Context.make(SessionClient, client).pipe(
          Context.add(SessionRegistry, registry),
          Context.add(SessionControl, control),
          Context.add(DaemonLauncher, launcher),
          Context.add(EndedSessions, ended),
          Context.add(
            AttachClient,
            AttachClient.of({ attach: (wanted) => there(AttachClient, ({ attach }) => attach(wanted)) })
          ),
          Context.add(Caller, remoteCaller(caller, () => ref.hosts.get(name)?.home ?? HOME))
        )
      })

    return Context.make(Remotes, Remotes.of({ at, look })).pipe(Context.add(RemotesTestRef, ref))
  }))
