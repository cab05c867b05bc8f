/**
 * A whole sesh on fakes: every service that a command asks for, without a terminal, a process, a file or a network.
 *
 * The rule of this folder. A fake of `services/X.ts` is `XFake.ts`. It exports `layer`: a layer where there is nothing
 * to choose, else a function of what a test chooses. Where a test plays a fake or looks at what was done, the same
 * layer gives one handle, `XTestRef` (Effect's own guide calls it so). What a test makes up or plays has `Fake` in
 * front: `FakeTerminal`, `FakeHost`. Fakes keep what the contract promises; the suites in `test/contract` run on both.
 *
 * What several fakes share has a handle too: `WorldTestRef` here, `NetworkTestRef` of connections. A `Machine` is a
 * world without a person, one of the hosts for example. No file here needs a module of Node.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostName } from "../../schema/HostName.ts"
import type { ListedSession } from "../../schema/Listing.ts"
import type { RememberedHost } from "../../schema/RememberedHost.ts"
import type { SessionInfo } from "../../schema/Session.ts"
import { Deployer } from "../../services/Deployer.ts"
import * as AttachClientLive from "../attach/AttachClientLive.ts"
import * as SessionControlLive from "../sessions/SessionControlLive.ts"
import { DaemonLauncherTestRef } from "./DaemonLauncherFake.ts"
import * as DeployerFake from "./DeployerFake.ts"
import * as EventLogFake from "./EventLogFake.ts"
import * as FileSyncFake from "./FileSyncFake.ts"
import * as HostMemoryFake from "./HostMemoryFake.ts"
import * as InputFake from "./InputFake.ts"
import * as Machine from "./Machine.ts"
import { NetworkTestRef } from "./network/NetworkTestRef.ts"
import * as OutputFake from "./OutputFake.ts"
import * as ProgressFake from "./ProgressFake.ts"
import * as PromptFake from "./PromptFake.ts"
import { type PtyFakeOptions, PtyTestRef } from "./PtyFake.ts"
import * as RemotesFake from "./RemotesFake.ts"
import { fakeInfo, type FakeSession, SessionRegistryTestRef } from "./SessionRegistryFake.ts"
import * as TtyFake from "./TtyFake.ts"

/** Another host of the world: a machine, and what is in the way to it. */
export interface WorldHostOptions extends Pick<RemotesFake.FakeHost, "failure" | "laterFailure" | "delay" | "listing"> {
  /** What its registry knows beside the sessions that are made. */
  readonly sessions?: ReadonlyArray<FakeSession>
  /** What it said last, and when; unless given that it had nothing, at 0. Undefined: sesh has never been there. */
  readonly known?:
    | { readonly sessions?: ReadonlyArray<ListedSession>; readonly at?: number; readonly since?: number }
    | undefined
  readonly pty?: PtyFakeOptions
}

/** What the world is like. The options of a machine are those of the one where the user is. */
export interface WorldOptions extends Omit<Machine.MachineOptions, "dir"> {
  readonly tty?: TtyFake.TtyFakeOptions
  readonly input?: InputFake.InputFakeOptions
  /** Results go to a person's terminal, unless said otherwise. */
  readonly outputIsTerminal?: boolean
  /** There is no terminal to ask the user. */
  readonly isAlone?: boolean
  /** Other hosts, by name. */
  readonly hosts?: Readonly<Record<string, WorldHostOptions>>
  /** Hosts that may be deployed to. */
  readonly targets?: Readonly<Record<string, DeployerFake.FakeTarget>>
  /** Other hosts that sesh has been on. */
  readonly known?: ReadonlyArray<string>
  /** Programs are told what happens, in the place of people. */
  readonly isLogged?: boolean
}

/** Another host, for a test to change and to look at. */
export interface WorldHost {
  readonly host: RemotesFake.FakeHost
  readonly network: NetworkTestRef["Service"]
  readonly programs: PtyTestRef["Service"]
  readonly registry: SessionRegistryTestRef["Service"]
  /** What was to be started there. */
  readonly specs: DaemonLauncherTestRef["Service"]["specs"]
}

/** The other hosts. What was asked of them is in {@link RemotesFake.RemotesTestRef}. */
export class WorldTestRef extends Context.Service<WorldTestRef, {
  /** Throws where the test has made no such host. */
  readonly at: (host: string) => WorldHost
}>()("sesh/layers/testing/WorldTestRef") {}

const HOME = "/home/there"

/** All hosts that a test speaks of. */
const hostsOf = (
  { hosts, known = [], targets = {} }: WorldOptions
): ReadonlyArray<readonly [name: string, options: WorldHostOptions]> =>
  Object.entries({
    ...Object.fromEntries(Object.keys(targets).map((name) => [name, { known: undefined }])),
    ...Object.fromEntries(known.map((name) => [name, {}])),
    ...hosts
  })

/** Ids are unique over machines: those that a test has not chosen get the host's name. */
const infoOn = (host: string, info: SessionInfo): SessionInfo =>
  info.id === fakeInfo(info.name).id ? { ...info, id: `${info.id}-on-${host}` } : info

const sessionOn = (host: string, session: FakeSession): FakeSession => ({
  ...session,
  info: infoOn(host, session.info)
})

/** The same for what a host lists. */
const listedOn = (host: string, sessions: ReadonlyArray<ListedSession>): ReadonlyArray<ListedSession> =>
  sessions.map((session) => session.info === undefined ? session : { ...session, info: infoOn(host, session.info) })

/** What a host said last. */
const memoryOf = ([name, { known }]: readonly [string, WorldHostOptions]): RememberedHost => ({
  host: name as HostName,
  at: 0,
  sesh: "0.0.0",
  home: HOME,
  dir: `${HOME}/.sesh`,
  ...known,
  sessions: listedOn(name, known?.sessions ?? [])
})

/** Hosts that are machines of their own. */
const remotes = (hosts: ReturnType<typeof hostsOf>) =>
  Layer.unwrap(Effect.gen(function*() {
    const made = new Map<string, WorldHost>()
    for (const [name, { listing, pty, sessions: given = [], ...options }] of hosts) {
      const sessions = given.map((session) => sessionOn(name, session))
      const services = yield* Layer.build(Machine.layer({ pty, sessions, caller: { home: HOME, cwd: HOME } }))
      made.set(name, {
        host: { ...options, listing: listing && listedOn(name, listing), services, home: HOME },
        network: Context.get(services, NetworkTestRef),
        programs: Context.get(services, PtyTestRef),
        registry: Context.get(services, SessionRegistryTestRef),
        specs: Context.get(services, DaemonLauncherTestRef).specs
      })
    }
    const at = (host: string): WorldHost => {
      const found = made.get(host)
      if (found === undefined) throw new Error(`the test has no host named ${host}`)
      return found
    }
    return Layer.merge(
      RemotesFake.layer(Object.fromEntries(Array.from(made, ([name, { host }]) => [name, host]))),
      Layer.succeed(WorldTestRef, { at })
    )
  })).pipe(
    Layer.provideMerge(HostMemoryFake.layer(
      hosts.filter(([, options]) => !("known" in options) || options.known !== undefined).map(memoryOf)
    ))
  )

/** A host that has been deployed to works. */
const deployer = (targets: WorldOptions["targets"]) =>
  Layer.effectContext(Effect.gen(function*() {
    const { hosts } = yield* RemotesFake.RemotesTestRef
    const { deploy } = yield* Deployer
    return Context.make(DeployerFake.DeployerTestRef, yield* DeployerFake.DeployerTestRef).pipe(
      Context.add(Deployer, {
        deploy: (host, options) =>
          Effect.tap(deploy(host, options), () =>
            Effect.sync(() => {
              hosts.get(host)!.failure = undefined
            }))
      })
    )
  })).pipe(Layer.provide(DeployerFake.layer(targets)))

/** Everything that a command asks for. */
export const layer = (options: WorldOptions = {}) => {
  const person = Layer.mergeAll(
    TtyFake.layer(options.tty),
    InputFake.layer(options.input),
    OutputFake.layer({ isTerminal: options.outputIsTerminal ?? true }),
    PromptFake.layer({ isPossible: options.isAlone !== true }),
    ProgressFake.layer()
  )
  return Layer.mergeAll(AttachClientLive.layer, SessionControlLive.layer, deployer(options.targets)).pipe(
    Layer.provideMerge(remotes(hostsOf(options))),
    Layer.provideMerge(Layer.mergeAll(EventLogFake.layer({ isOn: options.isLogged === true }), FileSyncFake.layer)),
    Layer.provideMerge(Machine.layer(options)),
    Layer.provideMerge(person)
  )
}

export type World = Layer.Success<ReturnType<typeof layer>>
