import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostName } from "../../schema/HostName.ts"
import type { ByteChannel } from "../../services/ByteChannel.ts"
import {
  AsksNobody,
  type ChannelFailure,
  type ConnectFailure,
  ConnectionLost,
  type ConnectOptions,
  type HostDescription,
  HostUnreachable,
  SocketRefused,
  SshTransport,
  type StartOptions,
  type Wait
} from "../../services/SshTransport.ts"
import { bridgeChannel } from "../ssh/shared/bridgeChannel.ts"
import { execWith } from "../ssh/shared/collect.ts"
import { badArgument } from "../ssh/shared/remoteCommand.ts"
import { badPath } from "../ssh/shared/socketPath.ts"
import { waiting } from "../ssh/shared/waiting.ts"
import { channelPair } from "./network/channelPair.ts"
import { type FakeRemoteProgram, fakeRemoteProgram } from "./network/remoteProgram.ts"

const CONNECTION: Wait = { awaited: () => "connection" }

export type { FakeRemoteProgram } from "./network/remoteProgram.ts"

/** What a fake host is like. All of it may change at any time. */
export interface FakeSshHost {
  /** Why no connection is made; undefined: it is made. */
  failure?: ConnectFailure | ((options: ConnectOptions | undefined) => ConnectFailure | undefined)
  /** Until it lets somebody in or fails; beyond the caller's patience that is a timeout. */
  delay?: Duration.Input
  /** Plays a program from its start. Without it programs are not found: status 127. */
  play?: (program: FakeRemoteProgram) => void
  /** The listener at a path, which plays the other side of a connection. Undefined: there is none. */
  socket?: (path: string) => ((peer: ByteChannel<ChannelFailure>) => void) | undefined
  /** Its sshd forwards no sockets: only a bridge leads there. */
  forwardsNothing?: boolean
  /** A refusal comes once the channel is open, as it does with OpenSSH. */
  refusesLate?: boolean
  readonly description?: Partial<HostDescription>
}

/** The hosts there are, for tests to play with. */
export class SshTransportTestRef extends Context.Service<SshTransportTestRef, {
  /** By the name that is asked for. What is not here is no such host. */
  readonly hosts: Map<string, FakeSshHost>
  /** Breaks every connection to a host. Later ones go by what the host is like then. */
  readonly cut: (host: string, words?: string) => void
  /** What was run, in order: failures to connect are not in it. */
  readonly started: ReadonlyArray<{ readonly host: HostName; readonly argv: ReadonlyArray<string> }>
  /** The sockets that were connected to, in order, also in vain: failures to connect to the host are not in it. */
  readonly sockets: ReadonlyArray<{ readonly host: HostName; readonly path: string }>
  /** Attempts to connect, in order, with whether a person might have been asked. */
  readonly attempts: ReadonlyArray<{ readonly host: HostName; readonly prompts: "interactive" | "batch" }>
}>()("sesh/layers/testing/SshTransportTestRef") {}

/** Hosts that a test makes up: slow, unreachable, refusing, dying in mid-stream, lying. */
export const layer = (
  given: Readonly<Record<string, FakeSshHost>> = {}
): Layer.Layer<SshTransport | SshTransportTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const hosts = new Map(Object.entries(given))
    const started: Array<{ readonly host: HostName; readonly argv: ReadonlyArray<string> }> = []
    const sockets: Array<{ readonly host: HostName; readonly path: string }> = []
    const attempts: Array<{ readonly host: HostName; readonly prompts: "interactive" | "batch" }> = []
    const links = new Map<string, Set<(failure: ConnectionLost) => void>>()

    const linksTo = (host: string) => {
      const found = links.get(host) ?? new Set()
      links.set(host, found)
      return found
    }

    const unreachable = (host: string, reason: HostUnreachable["reason"]) =>
      new HostUnreachable({ host, reason, words: "" })

    const connect = Effect.fnUntraced(function*(host: HostName, options: ConnectOptions | undefined) {
      attempts.push({ host, prompts: (yield* AsksNobody) ? "batch" : options?.prompts ?? "batch" })
      const there = hosts.get(host)
      if (there === undefined) return yield* unreachable(host, "no such host")
      const delay = Duration.toMillis(there.delay ?? 0)
      const patience = options?.connectTimeout
      if (patience !== undefined && delay > Duration.toMillis(patience)) {
        yield* waiting(options, CONNECTION)(Effect.sleep(patience))
        return yield* unreachable(host, "timeout")
      }
      if (delay > 0) yield* waiting(options, CONNECTION)(Effect.sleep(delay))
      const failure = typeof there.failure === "function" ? there.failure(options) : there.failure
      return failure === undefined ? there : yield* failure
    })

    /** Held until its scope ends, or the link is cut. */
    const link = (host: string, cut: (failure: ConnectionLost) => void) =>
      Effect.acquireRelease(
        Effect.sync(() => void linksTo(host).add(cut)),
        () => Effect.sync(() => linksTo(host).delete(cut))
      )

    const start = Effect.fn("SshTransport.start")(function*(
      host: HostName,
      argv: ReadonlyArray<string>,
      options?: StartOptions
    ) {
      const bad = badArgument(argv)
      if (bad !== undefined) return yield* bad
      const there = yield* connect(host, options)
      started.push({ host, argv })
      const { cut, program, remote } = fakeRemoteProgram(argv)
      yield* link(host, cut)
      yield* Effect.addFinalizer(() => Effect.sync(remote.destroy))
      if (options?.input === "none") remote.end()
      if (there.play === undefined) {
        program.printError(`sh: ${argv[0]}: not found\n`)
        program.exit(127)
      } else there.play(program)
      return remote
    })

    const connectSocket = Effect.fn("SshTransport.connectSocket")(function*(
      host: HostName,
      path: string,
      options?: ConnectOptions & { readonly bridge?: ReadonlyArray<string> }
    ) {
      const bad = badPath(path) ?? (options?.bridge === undefined ? undefined : badArgument(options.bridge))
      if (bad !== undefined) return yield* bad
      const there = yield* connect(host, options)
      sockets.push({ host, path })
      const accept = there.forwardsNothing === true ? undefined : there.socket?.(path)
      if (accept === undefined && options?.bridge !== undefined) {
        return bridgeChannel(host, path, yield* start(host, options.bridge, options))
      }
      const refused = new SocketRefused({ host, path, words: "" })
      if (accept === undefined && there.refusesLate !== true) return yield* refused
      const { cut, far, near } = channelPair<ChannelFailure>()
      yield* link(host, cut)
      yield* Effect.addFinalizer(() => Effect.sync(near.destroy))
      if (accept === undefined) cut(refused)
      else accept(far)
      return near
    })

    const describe = (host: HostName) => {
      const there = hosts.get(host)
      const at = host.lastIndexOf("@")
      return Effect.succeed({
        hostname: host.slice(at + 1),
        port: 22,
        user: at < 0 ? "user" : host.slice(0, at),
        agent: undefined,
        ...there?.description
      })
    }

    const cut = (host: string, words = "closed by the test") => {
      const failure = new ConnectionLost({ host, words })
      for (const end of [...linksTo(host)]) end(failure)
      linksTo(host).clear()
    }

    const transport = SshTransport.of({
      exec: Effect.fn("SshTransport.exec")(execWith(start)),
      start,
      connectSocket,
      describe,
      close: (host) => Effect.sync(() => cut(host))
    })
    return Context.make(SshTransportTestRef, { hosts, cut, started, sockets, attempts }).pipe(
      Context.add(SshTransport, transport)
    )
  }))
