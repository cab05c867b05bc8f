import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SessionName } from "../../schema/SessionName.ts"
import { Lock } from "../../services/Lock.ts"
import { OperatingSystem } from "../../services/OperatingSystem.ts"
import { Paths } from "../../services/Paths.ts"
import { SessionExists, SessionServer, SessionServerError } from "../../services/SessionServer.ts"
import { remove } from "../system/files.ts"
import { isShared } from "../system/watchFiles.ts"
import { askToRestore, fateOf } from "./fate.ts"
import { keepFiles, MAX_WATCHED, type Mended } from "./keepFiles.ts"
import { close, isServed, look, open, type Served, sweep } from "./socketFile.ts"
import { connectUnix } from "./unixSocket.ts"

/** One socket file per session. A session whose socket is gone has its name as long as its process runs. */
export const layer: Layer.Layer<SessionServer, never, Paths | Lock | OperatingSystem> = Layer.effect(
  SessionServer,
  Effect.gen(function*() {
    const paths = yield* Paths
    const lock = yield* Lock
    const { machine } = yield* OperatingSystem

    /** Succeeds if nobody listens under the name. */
    const probe = Effect.fnUntraced(function*(name: SessionName) {
      const path = paths.session(name).socket
      const isAlive = yield* connectUnix(path).pipe(
        Effect.map((connection) => {
          connection.destroy()
          return true
        }),
        Effect.catchIf((error) => error.dead || error.busy, (error) => Effect.succeed(error.busy)),
        Effect.mapError((cause) => new SessionServerError({ name, path, cause }))
      )
      if (isAlive) return yield* new SessionExists({ name })
      if (look(path)?.isSocket() === false) {
        return yield* new SessionServerError({ name, path })
      }
    })

    /** Succeeds if no session has the name, not even one that cannot be connected to. */
    const probeAll = Effect.fnUntraced(function*(name: SessionName) {
      yield* probe(name)
      const fate = yield* fateOf(paths.session(name).info, name, machine)
      if (fate._tag === "dead") return
      if (fate._tag === "elsewhere") return yield* new SessionExists({ name, machine: fate.machine })
      yield* askToRestore(fate.process)
      return yield* new SessionExists({ name })
    })

    const listen: SessionServer["Service"]["listen"] = Effect.fn("SessionServer.listen")(
      function*({ name, onConnection, prepare, restore }) {
        yield* paths.ensure
        yield* paths.checkSocketPath(name)
        const files = paths.session(name)
        const { kept, prepared } = yield* lock.withLock(Effect.gen(function*() {
          yield* probeAll(name)
          // What was prepared may have described the session already, and made the link to its agent.
          const discard = () => Effect.sync(() => [files.info, files.agent].forEach(remove))
          const prepared = yield* Effect.onError(prepare, discard)
          const opened = open(
            paths.dir,
            files.socket,
            (connection, scarce) => onConnection(connection, prepared, scarce)
          ).pipe(
            Effect.mapError((cause) => new SessionServerError({ name, path: files.socket, cause }))
          )
          let served: Served = yield* Effect.acquireRelease(
            Effect.onError(opened, discard),
            () => Effect.sync(() => close(files, served))
          )
          const sessions = yield* Effect.orElseSucceed(Effect.try(() => sweep(paths.dir)), () => Infinity)

          /** Clients that are connected stay so. */
          const reopen = Effect.gen(function*() {
            yield* probe(name)
            const before = served
            served = yield* opened
            before.server.close()
          }).pipe(Effect.uninterruptible)

          const isDescribed = () => restore === undefined || look(files.info) !== undefined
          const isWhole = () => isServed(files.socket, served) && isDescribed()
          const putBack = Effect.gen(function*() {
            if (!isServed(files.socket, served)) yield* reopen
            if (!isDescribed()) yield* restore!(prepared)
          })
          const mend = Effect.gen(function*(): Effect.fn.Return<Mended> {
            if (isWhole()) return "whole"
            yield* Effect.ignore(Effect.andThen(paths.ensure, lock.withLock(putBack)))
            return isWhole() ? "mended" : "missing"
          })
          const kept = {
            paths: restore === undefined ? [files.socket] : [files.socket, files.info],
            canWatch: sessions <= MAX_WATCHED,
            isShared: isShared(paths.dir),
            mend
          }
          return { kept, prepared }
        }))
        yield* keepFiles(kept)
        return prepared
      }
    )

    return SessionServer.of({ listen })
  })
)
