/** The sockets of sessions on another host. */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { SessionName } from "../../schema/SessionName.ts"
import type { ByteChannel } from "../../services/ByteChannel.ts"
import { type HostError } from "../../services/HostError.ts"
import { NoSession } from "../../services/NoSession.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import {
  type ConnectOptions,
  SocketRefused,
  type SshTransport,
  type StartFailure,
  type Wait
} from "../../services/SshTransport.ts"
import { channelConnection } from "../connection/channelConnection.ts"
import { withFallback } from "../ssh/shared/fallbackChannel.ts"
import { beginWait } from "../ssh/shared/waiting.ts"
import { forwardedAgent } from "./agent.ts"
import { remoteSesh } from "./ask.ts"
import { fromTransport } from "./errors.ts"
import type { Host } from "./host.ts"
import type { Failure, Opening, Prepared } from "./prepared.ts"

/**
 * Of the attempts to get a lost connection back, the third, the ninth and so on have as long as the first connection.
 * A link that was dead for long is back within a short one.
 */
const LONG_AT = 3

/** How sessions of a host are connected to. */
export interface RemoteClient {
  readonly client: SessionClient["Service"]
  /** Opens a session's socket, for the next `connect`, at a path that the host has said. */
  readonly prepare: (name: SessionName) => Effect.Effect<void>
}

const SESSION_WAIT: Wait = { awaited: () => "session" }

/** Calls `heard` at the first bytes, or the end. */
const heardOf = (channel: ByteChannel<Failure>, heard: () => void): ByteChannel<Failure> => ({
  ...channel,
  listen: (handlers) =>
    channel.listen({
      ...handlers,
      onData: (bytes) => {
        heard()
        handlers.onData(bytes)
      },
      onClose: (failure) => {
        heard()
        handlers.onClose(failure)
      }
    })
})

/** A refusal usually comes late, as the failure of a connection that was never established. */
export const remoteClient = (
  transport: SshTransport["Service"],
  host: Host,
  prepared: Prepared
): RemoteClient => {
  const { name: at } = host

  let wasConnected = false
  let attempts = 0
  let longAt = LONG_AT
  /**
   * Of a host that was connected most attempts are short: a packet that was sent while the link was dead is sent again
   * much later than the next attempt would send its own. Some are long, for hosts that are slow.
   */
  const optionsNow = (): ConnectOptions | undefined => {
    if (!wasConnected) return host.options
    if (++attempts < longAt) return { ...host.options, isAgain: true }
    longAt *= LONG_AT
    return host.options
  }
  const connected = <A>(channel: A): A => {
    wasConnected = true
    attempts = 0
    longAt = LONG_AT
    return channel
  }

  const explain = (name: SessionName) => (failure: Failure | StartFailure): NoSession | HostError => {
    if (failure._tag === "HostError") return failure
    return failure._tag === "SocketRefused" ? new NoSession({ name, stale: false }) : fromTransport(at, failure)
  }

  const pathOf = (dir: string, name: SessionName): string => `${dir === "/" ? "" : dir}/${name}.sock`

  /** Opens the socket at the path that the host has said; else by the host's sesh, where ssh cannot reach sockets. */
  const open = (name: SessionName, dir: string): Opening =>
    Effect.map(
      transport.connectSocket(at, pathOf(dir, name), { ...optionsNow(), bridge: remoteSesh("--bridge", name) }),
      connected
    )

  /** Asks the host for the path first: it may have changed, or the host may not forward sockets. */
  const openAsked = Effect.fnUntraced(function*(name: SessionName): Effect.fn.Return<
    ByteChannel<Failure>,
    StartFailure | SocketRefused | HostError,
    Scope.Scope
  > {
    const { dir, sessions } = yield* host.lookShared
    if (sessions.some((session) => session.name === name)) return yield* open(name, dir)
    return yield* new SocketRefused({ host: at, path: pathOf(dir, name), words: "" })
  })

  /** Opens the socket at the path of the last answer; if it is not there any more, asks the host. */
  const openRemembered = Effect.fnUntraced(function*(name: SessionName, dir: string): Effect.fn.Return<
    ByteChannel<Failure>,
    StartFailure | SocketRefused | HostError,
    Scope.Scope
  > {
    const run = yield* FiberSet.makeRuntime<Scope.Scope>()
    const first: ByteChannel<Failure> = connected(
      yield* transport.connectSocket(at, pathOf(dir, name), optionsNow())
    )
    const second = (opened: (result: ByteChannel<Failure> | Failure) => void) => {
      // The host may have been asked meanwhile.
      const asked = host.asked()
      const opening = (asked === undefined ? openAsked(name) : open(name, asked.dir)).pipe(
        Effect.match({
          onSuccess: opened,
          onFailure: (failure) => opened(failure._tag === "BadArgument" ? fromTransport(at, failure) : failure)
        })
      )
      run(opening)
    }
    return withFallback(first, ({ _tag }) => _tag === "SocketRefused", second, () => undefined)
  })

  const channel = Effect.fnUntraced(function*(name: SessionName): Effect.fn.Return<
    ByteChannel<Failure>,
    StartFailure | SocketRefused | HostError,
    Scope.Scope
  > {
    const asked = host.asked()
    if (asked !== undefined) return yield* open(name, asked.dir)
    const remembered = yield* host.remembered
    if (Option.isNone(remembered)) return yield* openAsked(name)
    return yield* openRemembered(name, remembered.value.dir).pipe(
      Effect.catchTags({ SocketRefused: () => openAsked(name), BadArgument: () => openAsked(name) })
    )
  })

  const keyOf = (name: SessionName): string => `${at} ${name}`

  const preparedOr = (name: SessionName): Opening =>
    Effect.flatMap(
      prepared.take(keyOf(name)),
      Option.match({ onNone: () => channel(name), onSome: (ready) => Effect.sync(() => connected(ready)) })
    )

  return {
    client: SessionClient.of({
      host: at,
      mayAsk: host.options?.prompts === "interactive",
      agent: forwardedAgent(transport, host),
      connect: Effect.fn("SessionClient.connect")(function*(name: SessionName) {
        const opened = yield* Effect.mapError(preparedOr(name), explain(name))
        const over = beginWait(host.options, SESSION_WAIT)
        yield* Effect.addFinalizer(() => Effect.sync(over))
        return channelConnection(heardOf(opened, over), explain(name))
      })
    }),
    prepare: (name) =>
      Effect.flatMap(
        host.remembered,
        (remembered) =>
          host.asked() === undefined && Option.isNone(remembered)
            ? Effect.void
            : prepared.put(keyOf(name), channel(name))
      )
  }
}
