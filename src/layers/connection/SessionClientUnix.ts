import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { DaemonProcess } from "../../schema/Machine.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import type { Connection } from "../../services/Connection.ts"
import { NoSession } from "../../services/NoSession.ts"
import { OperatingSystem } from "../../services/OperatingSystem.ts"
import { Paths, type PathsError } from "../../services/Paths.ts"
import { ConnectError, SessionClient } from "../../services/SessionClient.ts"
import { SessionElsewhere } from "../../services/SessionElsewhere.ts"
import { askToRestore, fateOf, RESTORE_SIGNAL } from "./fate.ts"
import { look } from "./socketFile.ts"
import { connectUnix, type SocketError } from "./unixSocket.ts"

/** How long a session may take to make its socket again, and how often that is tried: it takes a few milliseconds. */
const RESTORE_MS = 1000
const RESTORE_POLL_MS = 20

/** The process of the session runs, and nobody can connect to it. */
export class SocketLost extends Schema.TaggedError<SocketLost>()("SocketLost", {
  pid: Schema.Int,
  /** Path of the socket, where something else has it. */
  obstacle: Schema.optionalKey(Schema.String),
  cause: Schema.Defect()
}) {
  override get message() {
    const { obstacle, pid } = this
    if (obstacle !== undefined) {
      return `${obstacle} is not a socket; move it away, and its process ${pid} makes it again`
    }
    return `its socket leads nowhere, and its process ${pid} does not make it again; is that stopped?` +
      ` (kill -CONT ${pid}; kill -${RESTORE_SIGNAL.slice(3)} ${pid} asks it once more)`
  }
}

/**
 * Connects to `<name>.sock`. Refuses a directory into which others could have put a socket. A session that has lost its
 * socket is asked to make it again.
 */
export const layer: Layer.Layer<SessionClient, never, Paths | OperatingSystem> = Layer.effect(
  SessionClient,
  Effect.gen(function*() {
    const paths = yield* Paths
    const system = yield* OperatingSystem

    /** Checked once, because a listing connects many times. A directory that does not exist yet is checked again. */
    let isSafe = false
    const check = Effect.suspend(() =>
      isSafe ? Effect.succeed(true) : Effect.tap(paths.check, (exists) =>
        Effect.sync(() => {
          isSafe = exists
        }))
    )

    const elsewhere = (name: SessionName, machine: string) =>
      new SessionElsewhere({ name, machine, files: `${paths.dir}/${name}.*` })

    /** Connects to a session whose process runs, once that has made its socket again. */
    const restored = Effect.fnUntraced(function*(
      name: SessionName,
      process: DaemonProcess
    ): Effect.fn.Return<Connection, ConnectError | SessionElsewhere> {
      yield* askToRestore(process)
      for (let left = RESTORE_MS / RESTORE_POLL_MS;; left--) {
        const attempt = yield* Effect.result(connectUnix(paths.session(name).socket))
        if (Result.isSuccess(attempt)) return attempt.success
        const cause = attempt.failure
        if (!cause.dead) return yield* new ConnectError({ name, cause })
        if (left <= 0) {
          // A container may share our processes, but not the file system in which the socket is one.
          if (process.machine.name !== system.machine().name) return yield* elsewhere(name, process.machine.name)
          const path = paths.session(name).socket
          const obstacle = look(path)?.isSocket() === false ? { obstacle: path } : {}
          return yield* new ConnectError({ name, cause: new SocketLost({ pid: process.pid, ...obstacle, cause }) })
        }
        yield* Effect.sleep(RESTORE_POLL_MS)
      }
    })

    /** Nobody listens: what its description says of the session. */
    const explain = Effect.fnUntraced(function*(name: SessionName, cause: SocketError) {
      const fate = yield* fateOf(paths.session(name).info, name, system.machine)
      if (fate._tag === "alive") return yield* restored(name, fate.process)
      if (fate._tag === "elsewhere") return yield* elsewhere(name, fate.machine)
      return yield* new NoSession({ name, stale: cause.code !== "ENOENT", cause })
    })

    const open = Effect.fnUntraced(function*(name: SessionName) {
      const refuse = (cause: PathsError | SocketError) => new ConnectError({ name, cause })
      const there = yield* Effect.mapError(check, refuse)
      if (!there) return yield* new NoSession({ name, stale: false })
      yield* Effect.mapError(paths.checkSocketPath(name), refuse)
      return yield* connectUnix(paths.session(name).socket).pipe(
        Effect.catch((error) => error.dead ? explain(name, error) : Effect.fail(refuse(error)))
      )
    })

    return SessionClient.of({
      host: undefined,
      mayAsk: false,
      agent: Effect.succeedNone,
      // Not traced: a listing connects to every session.
      connect: (name) => Effect.acquireRelease(open(name), (connection) => Effect.sync(connection.destroy))
    })
  })
)
