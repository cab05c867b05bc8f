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
  type ChannelFailure,
  SocketRefused,
  type SshTransport,
  type StartFailure
} from "../../services/SshTransport.ts"
import { channelConnection } from "../connection/channelConnection.ts"
import { withFallback } from "../ssh/shared/fallbackChannel.ts"
import { remoteSesh } from "./ask.ts"
import { fromTransport } from "./errors.ts"
import type { Host } from "./host.ts"

type Failure = ChannelFailure | HostError

type Opening = Effect.Effect<ByteChannel<Failure>, StartFailure | SocketRefused | HostError, Scope.Scope>

/** A refusal comes late as a rule: as the failure of a connection that never was one. */
export const remoteClient = (transport: SshTransport["Service"], host: Host): SessionClient["Service"] => {
  const { name: at, options } = host

  const explain = (name: SessionName) => (failure: Failure | StartFailure): NoSession | HostError => {
    if (failure._tag === "HostError") return failure
    return failure._tag === "SocketRefused" ? new NoSession({ name, stale: false }) : fromTransport(at, failure)
  }

  const pathOf = (dir: string, name: SessionName): string => `${dir === "/" ? "" : dir}/${name}.sock`

  /** Where the host has said that it is: there, or where only the host's own sesh gets. */
  const open = (name: SessionName, dir: string): Opening =>
    transport.connectSocket(at, pathOf(dir, name), { ...options, bridge: remoteSesh("--bridge", name) })

  /** Where it was not: the host may have been set up anew, and forward no sockets. It is asked. */
  const seek = Effect.fnUntraced(function*(name: SessionName): Effect.fn.Return<
    ByteChannel<Failure>,
    StartFailure | SocketRefused | HostError,
    Scope.Scope
  > {
    const { dir, sessions } = yield* host.lookTogether
    if (sessions.some((session) => session.name === name)) return yield* open(name, dir)
    return yield* new SocketRefused({ host: at, path: pathOf(dir, name), words: "" })
  })

  /** Where it was when the host was asked last: it may not be any more. */
  const openRemembered = Effect.fnUntraced(function*(name: SessionName, dir: string): Effect.fn.Return<
    ByteChannel<Failure>,
    StartFailure | SocketRefused | HostError,
    Scope.Scope
  > {
    const run = yield* FiberSet.makeRuntime<Scope.Scope>()
    const first: ByteChannel<Failure> = yield* transport.connectSocket(at, pathOf(dir, name), options)
    const second = (opened: (result: ByteChannel<Failure> | Failure) => void) => {
      const told = seek(name).pipe(
        Effect.match({
          onSuccess: opened,
          onFailure: (failure) => opened(failure._tag === "BadArgument" ? fromTransport(at, failure) : failure)
        })
      )
      run(told)
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
    if (Option.isNone(remembered)) return yield* seek(name)
    return yield* openRemembered(name, remembered.value.dir).pipe(
      Effect.catchTags({ SocketRefused: () => seek(name), BadArgument: () => seek(name) })
    )
  })

  return SessionClient.of({
    host: at,
    connect: Effect.fn("SessionClient.connect")((name: SessionName) =>
      Effect.map(Effect.mapError(channel(name), explain(name)), (opened) => channelConnection(opened, explain(name)))
    )
  })
}
