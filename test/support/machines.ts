/** Machines in this process: sessions, programs and their daemons, and the ways to them from elsewhere. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { run } from "../../src/commands/run.ts"
import * as AttachClient from "../../src/layers/attach/AttachClientLive.ts"
import { channelConnection } from "../../src/layers/connection/channelConnection.ts"
import * as SessionDaemonLive from "../../src/layers/daemon/SessionDaemonLive.ts"
import * as Scrollback from "../../src/layers/scrollback/ScrollbackRing.ts"
import { askSessions } from "../../src/layers/sessions/requests.ts"
import * as SessionControl from "../../src/layers/sessions/SessionControlLive.ts"
import * as Caller from "../../src/layers/testing/CallerFake.ts"
import * as DaemonLauncher from "../../src/layers/testing/DaemonLauncherFake.ts"
import { layer as network, NetworkTestRef } from "../../src/layers/testing/network/NetworkTestRef.ts"
import * as Paths from "../../src/layers/testing/PathsFake.ts"
import * as Pty from "../../src/layers/testing/PtyFake.ts"
import * as SessionClient from "../../src/layers/testing/SessionClientFake.ts"
import * as SessionFiles from "../../src/layers/testing/SessionFilesFake.ts"
import * as SessionServer from "../../src/layers/testing/SessionServerFake.ts"
import * as Signals from "../../src/layers/testing/SignalsFake.ts"
import type { FakeProgram, FakeSshHost } from "../../src/layers/testing/SshTransportFake.ts"
import * as QueryResponder from "../../src/layers/vt/QueryResponderLive.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { Caller as CallerService } from "../../src/services/Caller.ts"
import { HostError } from "../../src/services/HostError.ts"
import { Input } from "../../src/services/Input.ts"
import { Output } from "../../src/services/Output.ts"
import { SessionClient as Client } from "../../src/services/SessionClient.ts"
import { type Listed, SessionRegistry } from "../../src/services/SessionRegistry.ts"
import { Tty } from "../../src/services/Tty.ts"

export const THERE = "/home/there"

/** Whoever listens on the machine's network is asked. */
const registry = Layer.effect(
  SessionRegistry,
  Effect.gen(function*() {
    const { listeners } = yield* NetworkTestRef
    const asks = askSessions(yield* Client, (yield* CallerService).version)
    const names = Effect.sync((): ReadonlyArray<SessionName> => [...listeners.keys()].toSorted())
    const listed = (name: SessionName) =>
      asks.get(name).pipe(
        Effect.map(({ info }): Listed => ({ name, info })),
        Effect.catch(({ message }) => Effect.succeed<Listed>({ name, problem: message }))
      )
    const list = Effect.flatMap(names, (all) => Effect.forEach(all, listed, { concurrency: "unbounded" }))
    return { ...asks, names, list }
  })
)

export interface MachineOptions {
  readonly caller?: Partial<CallerService["Service"]>
  readonly pty?: Pty.PtyFakeOptions
}

/** A machine without a person at it, and with nothing but fakes below. */
export const machineOf = (options: MachineOptions = {}) =>
  Layer.fresh(
    Layer.mergeAll(SessionControl.layer, DaemonLauncher.layer, registry).pipe(
      Layer.provideMerge(SessionDaemonLive.layer),
      Layer.provideMerge(Layer.mergeAll(SessionServer.layer, SessionClient.layer)),
      Layer.provideMerge(Layer.mergeAll(
        Caller.layer({
          env: { SHELL: "/bin/sh", HOME: THERE, PATH: "/there", SSH_CONNECTION: "1 2 3 4" },
          cwd: THERE,
          home: THERE,
          ...options.caller
        }),
        network(),
        Paths.layer({ dir: `${THERE}/.sesh` }),
        Pty.layer(options.pty),
        QueryResponder.layer,
        Scrollback.layer(),
        SessionFiles.layer,
        Signals.layer
      ))
    )
  )

export type Machine = Layer.Success<ReturnType<typeof machineOf>>

/** Another machine, with what its sessions are shown on: the terminal here. */
export const machineWithTty = (options?: MachineOptions) =>
  Layer.provideMerge(Layer.fresh(AttachClient.layer), machineOf(options))

/** Runs the program that a host was asked to run, if it is sesh: on that machine, with its standard streams. */
const playSesh = (machine: Context.Context<Machine>) => (program: FakeProgram): void => {
  const { argv, stdio } = program
  const [file, , script = "", , ...args] = argv
  if (file !== "sh" || !script.includes("sesh")) {
    program.printError(`sh: ${file}: not found\n`)
    return program.exit(127)
  }
  const input = Input.of({
    isTerminal: false,
    bytes: Stream.callback<Uint8Array>((queue) =>
      Effect.sync(() =>
        stdio.listen({
          onData: (bytes) => Queue.offerUnsafe(queue, bytes),
          onDrain: () => undefined,
          onEnd: () => Queue.endUnsafe(queue),
          onClose: () => Queue.endUnsafe(queue)
        })
      )
    ),
    file: () => Stream.empty
  })
  const output = Output.of({
    isTerminal: false,
    print: (text) => Effect.sync(() => void stdio.write(Buffer.from(`${text}\n`))),
    write: (parts) => Effect.sync(() => parts.forEach((bytes) => stdio.write(Buffer.from(bytes)))),
    note: (text) => Effect.sync(() => program.printError(`${text}\n`))
  })
  const tty = Tty.of({
    inputIsTerminal: false,
    outputIsTerminal: false,
    size: () => undefined,
    open: (handlers) =>
      Effect.sync(() => {
        stdio.listen({
          onData: handlers.onInput,
          onDrain: handlers.onDrain,
          onEnd: handlers.onEnd,
          onClose: () => handlers.onSignal("SIGHUP")
        })
        return { ...stdio, flush: Effect.succeed(true) }
      })
  })
  const services = machine.pipe(Context.add(Input, input), Context.add(Output, output), Context.add(Tty, tty))
  // What no command is needed for is not there.
  Effect.runCallback(Effect.provideContext(run(args), services as never) as Effect.Effect<number>, {
    onExit: (exit) => program.exit(exit._tag === "Success" ? exit.value : 99)
  })
}

/** A host of the fake transport that is this machine. */
export const sshHostOf = (machine: Context.Context<Machine>): FakeSshHost => {
  const { listeners } = Context.get(machine, NetworkTestRef)
  return {
    play: playSesh(machine),
    socket: (path) => {
      const name = /^\/home\/there\/\.sesh\/(.+)\.sock$/.exec(path)?.[1] as SessionName | undefined
      const accept = name === undefined ? undefined : listeners.get(name)
      return accept &&
        ((peer) =>
          accept(
            channelConnection(peer, ({ message }) => new HostError({ host: "here", problem: message, kind: "lost" }))
          ))
    }
  }
}
