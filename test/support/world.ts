import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { run } from "../../src/commands/run.ts"
import * as AttachClient from "../../src/layers/AttachClientLive.ts"
import * as Caller from "../../src/layers/CallerFake.ts"
import * as DaemonLauncher from "../../src/layers/DaemonLauncherFake.ts"
import * as Deployer from "../../src/layers/DeployerFake.ts"
import * as Input from "../../src/layers/InputMemory.ts"
import { layer as network, type MemoryNetwork } from "../../src/layers/internal/memoryNetwork.ts"
import * as Output from "../../src/layers/OutputMemory.ts"
import * as Paths from "../../src/layers/PathsFake.ts"
import * as Pty from "../../src/layers/PtyFake.ts"
import * as QueryResponder from "../../src/layers/QueryResponderLive.ts"
import * as Scrollback from "../../src/layers/ScrollbackMemory.ts"
import * as SessionClient from "../../src/layers/SessionClientMemory.ts"
import * as SessionControl from "../../src/layers/SessionControlLive.ts"
import * as SessionFiles from "../../src/layers/SessionFilesMemory.ts"
import * as SessionHost from "../../src/layers/SessionHostLive.ts"
import { layer as registry, type MemorySession, type MemorySessions } from "../../src/layers/SessionRegistryMemory.ts"
import * as SessionServer from "../../src/layers/SessionServerMemory.ts"
import * as Signals from "../../src/layers/SignalsFake.ts"
import * as Tty from "../../src/layers/TtyFake.ts"
import type { HostName } from "../../src/schema/HostName.ts"
import type { Caller as CallerService } from "../../src/services/Caller.ts"
import type { DaemonLauncher as Launcher } from "../../src/services/DaemonLauncher.ts"
import { HostError } from "../../src/services/HostError.ts"
import { Hosts } from "../../src/services/Hosts.ts"
import type { PathsError } from "../../src/services/Paths.ts"
import { Progress } from "../../src/services/Progress.ts"
import { Remotes } from "../../src/services/Remotes.ts"
import type { SessionClient as Client } from "../../src/services/SessionClient.ts"

/** What the fake machine is like. */
export interface WorldOptions {
  readonly caller?: Partial<CallerService["Service"]>
  readonly tty?: Tty.TtyFakeOptions
  readonly pty?: Pty.PtyFakeOptions
  readonly input?: Input.InputMemoryOptions
  /** Results go to a person's terminal, unless said otherwise. */
  readonly outputIsTerminal?: boolean
  /** What the registry knows, beside the sessions that are made. */
  readonly sessions?: ReadonlyArray<MemorySession>
  readonly problem?: PathsError
  /** Hosts that may be deployed to; those that are known. */
  readonly targets?: Readonly<Record<string, Deployer.FakeTarget>>
  readonly known?: ReadonlyArray<string>
  readonly launcher?: Layer.Layer<Launcher | DaemonLauncher.Launches>
}

export type World =
  | Output.Said
  | Signals.Signaller
  | Tty.Terminal
  | Pty.Programs
  | DaemonLauncher.Launches
  | MemorySessions
  | MemoryNetwork
  | Deployer.Targets
  | Shown
  | Client
  | Scope.Scope

/** Each text that the line of progress had, an empty one when it was gone; and hosts that were looked at. */
export class Shown extends Context.Service<Shown, {
  readonly lines: Array<string>
  readonly looked: Array<string>
}>()("test/Shown") {}

const hostServices = (known: ReadonlyArray<string>) =>
  Layer.unwrap(Effect.sync(() => {
    const lines: Array<string> = []
    const looked: Array<string> = []
    return Layer.mergeAll(
      Layer.succeed(Shown, { lines, looked }),
      Layer.mock(Hosts)({ names: Effect.succeed(known as ReadonlyArray<HostName>) }),
      Layer.succeed(Progress, {
        line: Effect.acquireRelease(
          Effect.succeed((text: string) => void lines.push(text)),
          () => Effect.sync(() => lines.push(""))
        )
      }),
      Layer.mock(Remotes)({
        look: (host) =>
          Effect.suspend(() => {
            looked.push(host)
            return Effect.fail(new HostError({ host, problem: "it is a fake", kind: "unreachable" }))
          })
      })
    )
  }))

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
    hostServices(options.known ?? []),
    Deployer.layer(options.targets).pipe(Layer.provide(Caller.layer(options.caller))),
    SessionFiles.layer,
    QueryResponder.layer,
    Scrollback.layer,
    network(),
    registry(options.sessions)
  )
  const launcher = options.launcher ??
    DaemonLauncher.layer.pipe(Layer.provide(SessionHost.layer.pipe(Layer.provide(SessionServer.layer))))
  const layers = Layer.mergeAll(AttachClient.layer, SessionControl.layer, launcher).pipe(
    Layer.provideMerge(SessionClient.layer),
    Layer.provideMerge(system)
  )
  return Effect.gen(function*() {
    const context = yield* Layer.build(layers)
    return yield* Effect.provideContext(use((...argv) => Effect.provideContext(run(argv), context)), context)
  })
}
