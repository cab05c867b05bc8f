import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { run } from "../../src/commands/run.ts"
import * as AttachClient from "../../src/layers/attach/AttachClientLive.ts"
import * as SessionDaemonLive from "../../src/layers/daemon/SessionDaemonLive.ts"
import * as SessionControl from "../../src/layers/sessions/SessionControlLive.ts"
import * as Caller from "../../src/layers/testing/CallerFake.ts"
import * as DaemonLauncher from "../../src/layers/testing/DaemonLauncherFake.ts"
import * as Deployer from "../../src/layers/testing/DeployerFake.ts"
import * as EventLog from "../../src/layers/testing/EventLogFake.ts"
import * as FileSync from "../../src/layers/testing/FileSyncFake.ts"
import * as Input from "../../src/layers/testing/InputFake.ts"
import { layer as network, type NetworkTestRef } from "../../src/layers/testing/network/NetworkTestRef.ts"
import * as Output from "../../src/layers/testing/OutputFake.ts"
import * as Paths from "../../src/layers/testing/PathsFake.ts"
import * as Progress from "../../src/layers/testing/ProgressFake.ts"
import * as Prompt from "../../src/layers/testing/PromptFake.ts"
import * as Pty from "../../src/layers/testing/PtyFake.ts"
import * as Scrollback from "../../src/layers/testing/ScrollbackFake.ts"
import * as SessionClient from "../../src/layers/testing/SessionClientFake.ts"
import * as SessionFiles from "../../src/layers/testing/SessionFilesFake.ts"
import {
  type FakeSession,
  layer as registry,
  type SessionRegistryTestRef
} from "../../src/layers/testing/SessionRegistryFake.ts"
import * as SessionServer from "../../src/layers/testing/SessionServerFake.ts"
import * as Signals from "../../src/layers/testing/SignalsFake.ts"
import * as Tty from "../../src/layers/testing/TtyFake.ts"
import * as QueryResponder from "../../src/layers/vt/QueryResponderLive.ts"
import type { AttachClient as Attach } from "../../src/services/AttachClient.ts"
import type { Caller as CallerService } from "../../src/services/Caller.ts"
import type { DaemonLauncher as Launcher } from "../../src/services/DaemonLauncher.ts"
import { Deployer as DeployerService } from "../../src/services/Deployer.ts"
import type { PathsError } from "../../src/services/Paths.ts"
import type { Scrollback as ScrollbackService } from "../../src/services/Scrollback.ts"
import type { SessionClient as Client } from "../../src/services/SessionClient.ts"
import * as Remotes from "./remotes.ts"

/** What the fake machine is like. */
export interface WorldOptions {
  readonly caller?: Partial<CallerService["Service"]>
  readonly tty?: Tty.TtyFakeOptions
  readonly pty?: Pty.PtyFakeOptions
  readonly input?: Input.InputFakeOptions
  /** Results go to a person's terminal, unless said otherwise. */
  readonly outputIsTerminal?: boolean
  /** What the registry knows, beside the sessions that are made. */
  readonly sessions?: ReadonlyArray<FakeSession>
  readonly problem?: PathsError
  /** Other hosts, by name. */
  readonly hosts?: Readonly<Record<string, Remotes.FakeHostOptions>>
  /** Nobody is at the terminal who could be asked. */
  readonly isAlone?: boolean
  /** Where the sessions are: another host, whose connections may die. */
  readonly host?: string | undefined
  /** What sessions keep of their output; all of it, without a model, unless given. */
  readonly scrollback?: Layer.Layer<ScrollbackService>
  /** Hosts that may be deployed to. */
  readonly targets?: Readonly<Record<string, Deployer.FakeTarget>>
  /** Other hosts that sesh has been on. */
  readonly known?: ReadonlyArray<string>
  /** Programs are told what happens, in the place of people. */
  readonly isLogged?: boolean
  readonly launcher?: Layer.Layer<Launcher | DaemonLauncher.DaemonLauncherTestRef>
}

export type World =
  | Output.OutputTestRef
  | Prompt.PromptTestRef
  | Progress.ProgressTestRef
  | Remotes.FakeHosts
  | Signals.SignalsTestRef
  | Tty.TtyTestRef
  | Pty.PtyTestRef
  | DaemonLauncher.DaemonLauncherTestRef
  | SessionRegistryTestRef
  | NetworkTestRef
  | SessionFiles.SessionFilesTestRef
  | Deployer.DeployerTestRef
  | EventLog.EventLogTestRef
  | FileSync.FileSyncTestRef
  | Client
  | Attach
  | Scope.Scope

/** All hosts that a test speaks of. */
const hostsOf = (
  { hosts, known = [], targets = {} }: WorldOptions
): Readonly<Record<string, Remotes.FakeHostOptions>> => ({
  ...Object.fromEntries(Object.keys(targets).map((name) => [name, { known: undefined }])),
  ...Object.fromEntries(known.map((name) => [name, {}])),
  ...hosts
})

/** A host that has been deployed to works. */
const deployer = (targets: WorldOptions["targets"]) =>
  Layer.effectContext(Effect.gen(function*() {
    const { at } = yield* Remotes.FakeHosts
    const { deploy } = yield* DeployerService
    return Context.make(Deployer.DeployerTestRef, yield* Deployer.DeployerTestRef).pipe(
      Context.add(DeployerService, {
        deploy: (host, options) =>
          Effect.tap(deploy(host, options), () => Effect.sync(() => void (at(host).failure = undefined)))
      })
    )
  })).pipe(Layer.provide(Deployer.layer(targets)))

/** Runs command lines on fakes alone: sessions live in this process, programs are played by the test. */
export const inWorld = <A, E>(
  options: WorldOptions,
  use: (
    sesh: (...argv: ReadonlyArray<string>) => Effect.Effect<number, never, Scope.Scope>
  ) => Effect.Effect<A, E, World>
): Effect.Effect<A, E, Scope.Scope> => {
  const system = Layer.mergeAll(
    Tty.layer(options.tty),
    Pty.layer(options.pty),
    Input.layer(options.input),
    Signals.layer,
    Output.layer({ isTerminal: options.outputIsTerminal ?? true }),
    Paths.layer(options.problem === undefined ? {} : { problem: options.problem }),
    Caller.layer(options.caller),
    FileSync.layer,
    SessionFiles.layer,
    QueryResponder.layer,
    options.scrollback ?? Scrollback.layer,
    network(),
    registry(options.sessions)
  )
  const others = Layer.mergeAll(
    EventLog.layer({ isOn: options.isLogged === true }),
    deployer(options.targets).pipe(Layer.provideMerge(Remotes.layer(hostsOf(options)))),
    Prompt.layer({ isPossible: options.isAlone !== true }),
    Progress.layer()
  )
  const launcher = options.launcher ??
    DaemonLauncher.layer.pipe(Layer.provide(SessionDaemonLive.layer.pipe(Layer.provide(SessionServer.layer))))
  const layers = Layer.mergeAll(AttachClient.layer, SessionControl.layer, launcher, others).pipe(
    Layer.provideMerge(SessionClient.layerOn(options.host)),
    Layer.provideMerge(system)
  )
  return Effect.gen(function*() {
    const context = yield* Layer.build(layers)
    return yield* Effect.provideContext(use((...argv) => Effect.provideContext(run(argv), context)), context)
  })
}
