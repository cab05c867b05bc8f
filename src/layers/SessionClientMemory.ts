import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SessionName } from "../schema/SessionName.ts"
import { ConnectError, NoSession, SessionClient } from "../services/SessionClient.ts"
import { MemoryNetwork } from "./internal/memoryNetwork.ts"

/** Connects to what `SessionServerMemory` serves on the same network. */
export const layer: Layer.Layer<SessionClient, never, MemoryNetwork> = Layer.effect(
  SessionClient,
  Effect.gen(function*() {
    const network = yield* MemoryNetwork

    const open = Effect.fnUntraced(function*(name: SessionName) {
      const reason = network.isDown()
      if (reason !== undefined) return yield* new ConnectError({ name, reason })
      if (!network.listeners.has(name)) return yield* new NoSession({ name, stale: false })
      return network.open(name)
    })

    return SessionClient.of({
      host: undefined,
      connect: Effect.fn("SessionClient.connect")((name: SessionName) =>
        Effect.acquireRelease(open(name), (connection) => Effect.sync(connection.destroy))
      )
    })
  })
)
