import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SessionName } from "../../schema/SessionName.ts"
import { HostError } from "../../services/HostError.ts"
import { NoSession } from "../../services/NoSession.ts"
import { ConnectError, SessionClient } from "../../services/SessionClient.ts"
import { SessionElsewhere } from "../../services/SessionElsewhere.ts"
import { NetworkTestRef } from "./network/NetworkTestRef.ts"

/** How often a network that gives no answer is looked at. */
const SLOW_MS = 100

/** Connects to what `SessionServerFake` serves on the same network, as if that were on another host if one is named. */
export const layerOn = (host: string | undefined): Layer.Layer<SessionClient, never, NetworkTestRef> =>
  Layer.effect(
    SessionClient,
    Effect.gen(function*() {
      const network = yield* NetworkTestRef

      const open = Effect.fnUntraced(function*(name: SessionName) {
        const reason = network.isDown()
        if (typeof reason === "string") {
          return yield* host === undefined
            ? new ConnectError({ name, cause: new Error(reason) })
            : new HostError({ host, problem: `${host}: ${reason}`, kind: "unreachable" })
        }
        if (reason !== undefined) return yield* reason
        if (!network.listeners.has(name)) {
          const machine = network.elsewhere.get(name)
          return yield* machine === undefined
            ? new NoSession({ name, stale: false })
            : new SessionElsewhere({ name, machine, files: `/fake/.sesh/${name}.*` })
        }
        return network.open(name)
      })

      const answers: Effect.Effect<void> = Effect.suspend(() =>
        network.isSlow() ? Effect.andThen(Effect.sleep(SLOW_MS), answers) : Effect.void
      )

      return SessionClient.of({
        host,
        mayAsk: host !== undefined,
        agent: network.agent,
        connect: Effect.fn("SessionClient.connect")((name: SessionName) =>
          Effect.andThen(
            answers,
            Effect.acquireRelease(open(name), (connection) => Effect.sync(connection.destroy))
          )
        )
      })
    })
  )

/** On this host. */
export const layer = layerOn(undefined)
