import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Os from "node:os"
import type { HostName } from "../../../schema/HostName.ts"
import type { ByteChannel } from "../../../services/ByteChannel.ts"
import { Caller } from "../../../services/Caller.ts"
import { OperatingSystem } from "../../../services/OperatingSystem.ts"
import {
  type ChannelFailure,
  ConnectionLost,
  type ConnectOptions,
  HostUnreachable,
  SocketRefused,
  SshTransport,
  type StartOptions
} from "../../../services/SshTransport.ts"
import { quietly } from "../../system/quietly.ts"
import { bridgeChannel } from "../shared/bridgeChannel.ts"
import { execWith } from "../shared/collect.ts"
import { badArgument } from "../shared/remoteCommand.ts"
import { oneLine } from "../shared/sanitize.ts"
import { socketChannel } from "../shared/socketChannel.ts"
import { badPath } from "../shared/socketPath.ts"
import { launch, scopedProgram } from "../shared/startProgram.ts"
import { type Ask, askOnTerminal } from "./ask.ts"
import type { SshConnection } from "./connection.ts"
import { makePool } from "./pool.ts"
import { startProgram } from "./program.ts"

/** How long an unused connection is kept. */
const PERSIST: Duration.Input = "10 minutes"

/** Time for a host to open a socket or to refuse it, which runs nothing: as long as a session has to say hello. */
const OPEN_TIMEOUT: Duration.Input = "20 seconds"

/** The first connection may have died unnoticed, and so may the one after it. */
const MAX_TRIES = 3

export interface SshTransportSsh2Options {
  /** Configuration file instead of the user's and the system's. */
  readonly config?: string
  /** How long an unused connection is kept: ten minutes unless given. */
  readonly persist?: Duration.Input
  /** How long a host's shell may take to get to a program: a minute unless given. */
  readonly shellTimeout?: Duration.Input
  /** Asks for passphrases and passwords: on the terminal, unless given. */
  readonly ask?: Ask
}

type Opened =
  | { readonly channel: ByteChannel<ChannelFailure> }
  | { readonly refused: SocketRefused }
  /** The connection had ended already. */
  | { readonly lostBecause: string }

const openSocket = (host: HostName, path: string, connection: SshConnection): Effect.Effect<Opened> =>
  Effect.callback((resume) => {
    let dropped = false
    connection.socket(path, (cause, channel) => {
      if (dropped) return channel?.destroy()
      if (channel === undefined) {
        const said = oneLine(cause!.message.replace(/^\(SSH\) /, ""))
        return resume(Effect.succeed(
          connection.lost === undefined
            ? { refused: new SocketRefused({ host, path, words: said, cause: cause! }) }
            : { lostBecause: connection.lost }
        ))
      }
      return resume(Effect.succeed({
        // A connection that died looks like an orderly end of the other side.
        channel: socketChannel<ChannelFailure>(
          channel,
          (_received, tell) =>
            tell(connection.lost === undefined ? undefined : new ConnectionLost({ host, words: connection.lost }))
        )
      }))
    })
    return Effect.sync(() => {
      dropped = true
    })
  })

/**
 * SSH in this process with the package ssh2, for machines without an `ssh`. One connection per host, as long as this
 * process lives. A setting of the user's configuration that this transport cannot follow is a failure that names it.
 */
export const layer = (
  options: SshTransportSsh2Options = {}
): Layer.Layer<SshTransport, never, Caller | OperatingSystem> =>
  Layer.effect(
    SshTransport,
    Effect.gen(function*() {
      const { env, home } = yield* Caller
      const { uid } = yield* OperatingSystem
      const { shellTimeout } = options
      const pool = yield* makePool({
        source: () => ({
          home,
          uid,
          // Throws for a user without an account.
          user: quietly(() => Os.userInfo().username, ""),
          env,
          machine: Os.hostname(),
          only: options.config
        }),
        ask: options.ask ?? askOnTerminal,
        idleMs: Duration.toMillis(options.persist ?? PERSIST)
      })
      yield* Effect.addFinalizer(() => pool.closeAll)

      const start = (host: HostName, argv: ReadonlyArray<string>, options?: StartOptions) =>
        scopedProgram(launch({
          host,
          argv,
          options,
          shellTimeout,
          connection: (number) => pool.get(host, options, number),
          isThere: (number) => pool.has(host, number),
          start: (connection) => startProgram(host, connection, argv, options?.input)
        }))

      const open = Effect.fnUntraced(function*(host: HostName, path: string, options: ConnectOptions | undefined) {
        const silent = () => Effect.fail(new HostUnreachable({ host, reason: "timeout", words: "" }))
        let last = ""
        for (let time = 1; time <= MAX_TRIES; time++) {
          const opened = yield* Effect.timeoutOrElse(
            openSocket(host, path, yield* pool.get(host, options)),
            { duration: OPEN_TIMEOUT, orElse: silent }
          )
          if (!("lostBecause" in opened)) return opened
          last = opened.lostBecause
        }
        return yield* new HostUnreachable({ host, reason: "other", words: last })
      })

      const connectSocket = Effect.fnUntraced(function*(
        host: HostName,
        path: string,
        options?: ConnectOptions & { readonly bridge?: ReadonlyArray<string> }
      ) {
        const argv = options?.bridge
        const bad = badPath(path) ?? (argv === undefined ? undefined : badArgument(argv))
        if (bad !== undefined) return yield* bad
        const opened = yield* Effect.uninterruptibleMask((restore) =>
          Effect.tap(
            restore(open(host, path, options)),
            (opened) =>
              "channel" in opened ? Effect.addFinalizer(() => Effect.sync(opened.channel.destroy)) : Effect.void
          )
        )
        if ("channel" in opened) return opened.channel
        // sshd does not say whether the socket is missing or it forwards no sockets.
        if (argv === undefined) return yield* opened.refused
        return bridgeChannel(host, path, yield* start(host, argv, options))
      })

      return SshTransport.of({
        exec: Effect.fn("SshTransport.exec")(execWith(start)),
        start: Effect.fn("SshTransport.start")(start),
        connectSocket: Effect.fn("SshTransport.connectSocket")(connectSocket),
        describe: Effect.fn("SshTransport.describe")(pool.describe),
        close: Effect.fn("SshTransport.close")(pool.close)
      })
    })
  )
