import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Path from "node:path"
import type { HostName } from "../../../schema/HostName.ts"
import type { ByteChannel } from "../../../services/ByteChannel.ts"
import { Caller } from "../../../services/Caller.ts"
import { OperatingSystem } from "../../../services/OperatingSystem.ts"
import { Paths, type PathsError } from "../../../services/Paths.ts"
import {
  type ChannelFailure,
  type ConnectFailure,
  ConnectionLost,
  type ConnectOptions,
  HostUnreachable,
  NoShell,
  SshMissing,
  SshTransport,
  type StartFailure,
  type StartOptions
} from "../../../services/SshTransport.ts"
import { codeOf, diskProblem } from "../../system/systemError.ts"
import { bridgeChannel } from "../shared/bridgeChannel.ts"
import { execWith } from "../shared/collect.ts"
import { withFallback } from "../shared/fallbackChannel.ts"
import { badArgument } from "../shared/remoteCommand.ts"
import { badPath } from "../shared/socketPath.ts"
import { launch, scopedProgram } from "../shared/startProgram.ts"
import { makeControlDir } from "./controlDir.ts"
import { loginDir, placeWithRoom } from "./controlPlace.ts"
import { forwardedChannel } from "./forward.ts"
import { makeMasters } from "./masters.ts"
import type * as Mux from "./mux.ts"
import { startMuxProgram } from "./muxProgram.ts"

/** How long an unused connection is kept. */
const PERSIST: Duration.Input = "10 minutes"

export interface SshTransportOpenSshOptions {
  /** `ssh`, looked up on PATH, unless given. */
  readonly program?: string
  /** Configuration file instead of the user's and the system's. */
  readonly config?: string
  /** How long an unused connection is kept: ten minutes unless given. */
  readonly persist?: Duration.Input
  /** How long a host's shell may take to get to a program: a minute unless given. */
  readonly shellTimeout?: Duration.Input
}

/** Opens a channel and reports the result to a callback. */
const reportOpened = <R>(
  host: HostName,
  channel: Effect.Effect<ByteChannel<ChannelFailure>, StartFailure, R>,
  opened: (result: ByteChannel<ChannelFailure> | ChannelFailure) => void
): Effect.Effect<void, never, R> =>
  channel.pipe(
    Effect.catchTag("BadArgument", (error) => Effect.fail(new NoShell({ host, words: error.message, cause: error }))),
    Effect.catchDefect((cause) => Effect.fail(new ConnectionLost({ host, words: "", cause }))),
    Effect.match({ onSuccess: opened, onFailure: opened })
  )

/**
 * OpenSSH's `ssh`, with a connection of sesh's own for each host that outlives this process (ControlMaster,
 * ControlPersist): what works with `ssh host` works with sesh. Its sockets are in `ssh` under the sessions' directory.
 */
export const layer = (
  options: SshTransportOpenSshOptions = {}
): Layer.Layer<SshTransport, never, Caller | OperatingSystem | Paths> =>
  Layer.effect(
    SshTransport,
    Effect.gen(function*() {
      const { env, home } = yield* Caller
      const { platform, uid } = yield* OperatingSystem
      const paths = yield* Paths
      const { shellTimeout } = options
      const ssh = { file: options.program ?? "ssh", config: options.config, persist: options.persist ?? PERSIST }

      const login = { env, platform, uid }
      /** A home that is mounted read-only has no sockets: those of this login are then in the login's own directory. */
      const canBeThere = ({ cause }: PathsError) =>
        cause !== undefined && diskProblem(codeOf(cause)) !== undefined && loginDir(login) !== undefined

      const controlDir = yield* Effect.cached(
        paths.ensure.pipe(
          Effect.map(() => placeWithRoom(paths.dir, login)),
          Effect.catchIf(canBeThere, () => Effect.succeed(loginDir(login)!)),
          Effect.mapError((cause) =>
            new SshMissing({ problem: `${cause.path} ${cause.problem}`, advice: cause.advice, cause })
          ),
          Effect.flatMap((parent) => makeControlDir(parent, platform))
        )
      )
      const masters = yield* makeMasters({
        ssh,
        env,
        configFile: options.config ?? Path.join(home, ".ssh", "config"),
        controlDir
      })

      /** Hosts where a bridge connected after forwarding had failed. */
      const bridgedHosts = new Set<HostName>()

      const start = (host: HostName, argv: ReadonlyArray<string>, options?: StartOptions) =>
        scopedProgram(launch({
          host,
          argv,
          options,
          shellTimeout,
          connection: (number) => masters.get(host, options, number),
          isThere: (number) => masters.has(host, number),
          start: (master) =>
            Effect.flatMap(
              controlDir,
              (at) => startMuxProgram({ ssh, env, host, argv, master, log: at.once("log"), input: options?.input })
            )
        }))

      const bridge = (host: HostName, path: string, argv: ReadonlyArray<string>, options?: ConnectOptions) =>
        Effect.map(start(host, argv, options), (program) => bridgeChannel(host, path, program))

      /** Tries again with a new connection when the existing one has just ended. */
      const forward = (host: HostName, path: string, options: ConnectOptions | undefined) => {
        const open = Effect.gen(function*() {
          const at = yield* controlDir
          const master = yield* masters.get(host, options)
          return yield* forwardedChannel(host, path, master, at.once("forward"))
        })
        const failed = (error: Mux.MuxGone | Mux.MuxRefused) =>
          Effect.fail<ConnectFailure>(
            new HostUnreachable({ host, reason: "other", words: error.message, cause: error })
          )
        return open.pipe(
          Effect.catchTag("MuxGone", () => open),
          Effect.catchTags({ MuxGone: failed, MuxRefused: failed })
        )
      }

      const connectSocket = Effect.fnUntraced(function*(
        host: HostName,
        path: string,
        options?: ConnectOptions & { readonly bridge?: ReadonlyArray<string> }
      ) {
        const bad = badPath(path)
        if (bad !== undefined) return yield* bad
        const argv = options?.bridge
        if (argv === undefined) return yield* forward(host, path, options)
        if (bridgedHosts.has(host)) return yield* bridge(host, path, argv, options)
        const badBridge = badArgument(argv)
        if (badBridge !== undefined) return yield* badBridge
        const run = yield* FiberSet.makeRuntime<Scope.Scope>()
        const first = yield* forward(host, path, options)
        return withFallback(
          first,
          (failure) => failure._tag === "SocketRefused",
          (opened) => void run(reportOpened(host, bridge(host, path, argv, options), opened)),
          () => bridgedHosts.add(host)
        )
      })

      return SshTransport.of({
        exec: Effect.fn("SshTransport.exec")(execWith(start)),
        start: Effect.fn("SshTransport.start")(start),
        connectSocket: Effect.fn("SshTransport.connectSocket")(connectSocket),
        describe: Effect.fn("SshTransport.describe")(masters.describe),
        close: Effect.fn("SshTransport.close")(masters.close)
      })
    })
  )
