/** Machines behind a fake ssh: what a host runs for sesh runs there. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { run } from "../../src/commands/run.ts"
import { channelConnection } from "../../src/layers/connection/channelConnection.ts"
import * as ScrollbackRing from "../../src/layers/scrollback/ScrollbackRing.ts"
import * as SessionControlLive from "../../src/layers/sessions/SessionControlLive.ts"
import * as Machine from "../../src/layers/testing/Machine.ts"
import { NetworkTestRef } from "../../src/layers/testing/network/NetworkTestRef.ts"
import type { FakeRemoteProgram, FakeSshHost } from "../../src/layers/testing/SshTransportFake.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { HostError } from "../../src/services/HostError.ts"
import { Input } from "../../src/services/Input.ts"
import { Output } from "../../src/services/Output.ts"
import { Tty } from "../../src/services/Tty.ts"

export const THERE = "/home/there"

/** A machine without a person at it, with the terminal model that sessions really have. */
export const machineOf = ({ caller, pty }: Pick<Machine.MachineOptions, "caller" | "pty"> = {}) =>
  Machine.layer({
    caller: {
      env: { SHELL: "/bin/sh", HOME: THERE, PATH: "/there", SSH_CONNECTION: "1 2 3 4" },
      cwd: THERE,
      home: THERE,
      ...caller
    },
    dir: `${THERE}/.sesh`,
    pty,
    scrollback: ScrollbackRing.layer()
  })

/** What a program on a host was started for: the question that came with its command, or else its arguments. */
export const askedBy = (argv: ReadonlyArray<string>): string => {
  const [, , script = "", , ...args] = argv
  return script.includes("--serve") ? JSON.parse(args[0]!).question.ask : args.join(" ")
}

/** Runs the program that a host was asked to run, if it is sesh: on that machine, with its standard streams. */
const playSesh = (machine: Context.Context<Machine.Machine>) => (program: FakeRemoteProgram): void => {
  const { argv, stdio } = program
  const [file, , script = "", , ...given] = argv
  // A question that comes with the command.
  const question = script.includes("--serve") ? given[0] : undefined
  const args = question === undefined ? given : ["--serve"]
  if (file !== "sh" || !script.includes("sesh")) {
    program.printError(`sh: ${file}: not found\n`)
    return program.exit(127)
  }
  const input = Input.of({
    isTerminal: false,
    bytes: question !== undefined ?
      Stream.make(Buffer.from(`${question}\n`)) :
      Stream.callback<Uint8Array>((queue) =>
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
    modes: () => undefined,
    isTaken: () => false,
    open: (handlers) =>
      Effect.sync(() => {
        stdio.listen({
          onData: handlers.onInput,
          onDrain: handlers.onDrain,
          onEnd: handlers.onEnd,
          onClose: () => handlers.onSignal("SIGHUP")
        })
        return { ...stdio, flush: Effect.succeed(true), lend: (use) => use }
      })
  })
  const services = machine.pipe(Context.add(Input, input), Context.add(Output, output), Context.add(Tty, tty))
  // What no command is needed for is not there.
  const command = Effect.provide(run(args), SessionControlLive.layer)
  Effect.runCallback(Effect.provideContext(command, services as never) as Effect.Effect<number>, {
    onExit: (exit) => program.exit(exit._tag === "Success" ? exit.value : 99)
  })
}

/** A host of the fake transport that is this machine. */
export const sshHostOf = (machine: Context.Context<Machine.Machine>): FakeSshHost => {
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
