import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SessionName } from "../../schema/SessionName.ts"
import { NoSession } from "../../services/NoSession.ts"
import { Paths, type PathsError } from "../../services/Paths.ts"
import { ConnectError, SessionClient } from "../../services/SessionClient.ts"
import { connectUnix, type SocketError } from "./unixSocket.ts"

/** Connects to `<name>.sock`. Refuses a directory into which others could have put a socket. */
export const layer: Layer.Layer<SessionClient, never, Paths> = Layer.effect(
  SessionClient,
  Effect.gen(function*() {
    const paths = yield* Paths

    /** Checked once, because a listing connects many times. A directory that does not exist yet is checked again. */
    let isSafe = false
    const check = Effect.suspend(() =>
      isSafe ? Effect.succeed(true) : Effect.tap(paths.check, (exists) =>
        Effect.sync(() => {
          isSafe = exists
        }))
    )

    const open = Effect.fnUntraced(function*(name: SessionName) {
      const refuse = (cause: PathsError | SocketError) => new ConnectError({ name, cause })
      const there = yield* Effect.mapError(check, refuse)
      if (!there) return yield* new NoSession({ name, stale: false })
      yield* Effect.mapError(paths.checkSocketPath(name), refuse)
      return yield* Effect.mapError(
        connectUnix(paths.session(name).socket),
        (error) => error.dead ? new NoSession({ name, stale: error.code !== "ENOENT", cause: error }) : refuse(error)
      )
    })

    return SessionClient.of({
      host: undefined,
      // Not traced: a listing connects to every session.
      connect: (name) => Effect.acquireRelease(open(name), (connection) => Effect.sync(connection.destroy))
    })
  })
)
