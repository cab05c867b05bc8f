/** Channels to sessions of hosts that are opened before anybody connects, each for the next who does. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { ByteChannel } from "../../services/ByteChannel.ts"
import type { HostError } from "../../services/HostError.ts"
import type { ChannelFailure, SocketRefused, StartFailure } from "../../services/SshTransport.ts"

/** Less than the ten seconds in which a session wants to hear something (docs/protocol.md). */
const KEPT = "5 seconds"

export type Failure = ChannelFailure | HostError

/** A refusal usually comes late, when the channel is read. */
export type Opening = Effect.Effect<ByteChannel<Failure>, StartFailure | SocketRefused | HostError, Scope.Scope>

interface Way {
  readonly scope: Scope.Closeable
  readonly opened: Fiber.Fiber<ByteChannel<Failure>, unknown>
}

/** Ways by their key: the host, and the session there. */
export interface Prepared {
  /** Opens one in the background. Who is not taken in time is closed. */
  readonly put: (key: string, opening: Opening) => Effect.Effect<void>
  /** The channel, if one could be opened. It closes with the taker's scope. */
  readonly take: (key: string) => Effect.Effect<Option.Option<ByteChannel<Failure>>, never, Scope.Scope>
}

/** All of it ends with the scope. */
export const makePrepared: Effect.Effect<Prepared, never, Scope.Scope> = Effect.gen(function*() {
  const all = yield* Effect.scope
  const ways = new Map<string, Way>()

  const put = Effect.fnUntraced(function*(key: string, opening: Opening) {
    const scope = yield* Scope.fork(all)
    const opened = yield* Effect.forkIn(Scope.provide(opening, scope), scope)
    const way = { scope, opened }
    ways.set(key, way)
    const drop = Effect.suspend(() => {
      if (ways.get(key) !== way) return Effect.void
      ways.delete(key)
      return Scope.close(scope, Exit.void)
    })
    yield* Effect.forkIn(Effect.andThen(Effect.sleep(KEPT), drop), all)
  })

  const taken = (key: string) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const way = ways.get(key)
        ways.delete(key)
        return way
      }),
      (way) => way === undefined ? Effect.void : Scope.close(way.scope, Exit.void)
    )

  const take = (key: string) =>
    Effect.flatMap(
      taken(key),
      (way) => way === undefined ? Effect.succeedNone : Effect.option(Fiber.join(way.opened))
    )

  return { put, take }
})
