import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SessionExists, SessionServer } from "../../services/SessionServer.ts"
import { NetworkTestRef } from "./network/NetworkTestRef.ts"

/** Names in a map instead of sockets in a directory. */
export const layer: Layer.Layer<SessionServer, never, NetworkTestRef> = Layer.effect(
  SessionServer,
  Effect.gen(function*() {
    const network = yield* NetworkTestRef

    const listen: SessionServer["Service"]["listen"] = Effect.fn("SessionServer.listen")(
      function*({ name, onConnection, prepare }) {
        return yield* network.creating.withLock(Effect.gen(function*() {
          const machine = network.elsewhere.get(name)
          if (machine !== undefined) return yield* new SessionExists({ name, machine })
          if (network.listeners.has(name)) return yield* new SessionExists({ name })
          const prepared = yield* prepare
          yield* Effect.acquireRelease(
            Effect.sync(() => network.listeners.set(name, (connection) => onConnection(connection, prepared, false))),
            () => Effect.sync(() => network.listeners.delete(name))
          )
          return prepared
        }))
      }
    )

    return SessionServer.of({ listen })
  })
)
