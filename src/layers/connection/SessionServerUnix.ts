import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import type { SessionName } from "../../schema/SessionName.ts"
import type { Connection } from "../../services/Connection.ts"
import { Lock } from "../../services/Lock.ts"
import { Paths, type SessionPaths } from "../../services/Paths.ts"
import { SessionExists, SessionServer, SessionServerError } from "../../services/SessionServer.ts"
import { remove } from "../system/files.ts"
import { quietly } from "../system/quietly.ts"
import { socketConnection } from "./socketConnection.ts"
import { connectUnix, type SocketError, socketError } from "./unixSocket.ts"

/** Connections that may wait for the daemon; the system has a limit of its own (listen(2)). */
const BACKLOG = 511

/**
 * A socket's name before it gets its own. No session's name begins with a dot. Not longer than `x.sock`, the shortest
 * name that a socket gets: a path that fits must fit from the beginning.
 */
const temporaryName = Effect.map(
  Random.nextIntBetween(0, 36 ** 5, { halfOpen: true }),
  (number) => `.${number.toString(36).padStart(5, "0")}`
)

const isTemporary = (entry: string): boolean => /^\.[0-9a-z]{5}$/.test(entry)

interface Served {
  readonly server: Net.Server
  /** Inode of our socket file: by the end the name may belong to another one. */
  readonly inode: bigint
}

const look = (path: string): Fs.BigIntStats | undefined => quietly(() => Fs.lstatSync(path, { bigint: true }))

/** Binds and listens at once, with a socket that is 0600 from the start. */
const bind = (server: Net.Server, path: string): void => {
  const umask = process.umask(0o177)
  try {
    server.listen({ path, backlog: BACKLOG })
  } finally {
    process.umask(umask)
  }
}

/** Removes what creators left that were killed half-way. Only under the lock, where no other creator runs. */
const sweep = (dir: string): void => {
  for (const entry of Fs.readdirSync(dir, { withFileTypes: true })) {
    if (entry.isSocket() && isTemporary(entry.name)) remove(Path.join(dir, entry.name))
  }
}

/**
 * Opens the socket under a temporary name and renames it, so that a client never finds it before it listens. When a
 * server closes, libuv unlinks the name that it bound: that is the temporary name, so another session's socket under
 * the final name is safe.
 */
const open = (
  dir: string,
  path: string,
  onConnection: (connection: Connection) => void
): Effect.Effect<Served, SocketError> =>
  Effect.flatMap(temporaryName, (name) =>
    Effect.callback((resume) => {
      const temporary = Path.join(dir, name)
      const server = Net.createServer({ pauseOnConnect: true }, (socket) => onConnection(socketConnection(socket)))
      const fail = (cause: unknown) => {
        server.close()
        remove(temporary)
        resume(Effect.fail(socketError(cause)))
      }
      server.once("error", fail)
      server.once("listening", () => {
        server.off("error", fail)
        // A connection that cannot be accepted (too many open files) is lost; the session goes on.
        server.on("error", () => undefined)
        try {
          const inode = Fs.lstatSync(temporary, { bigint: true }).ino
          Fs.renameSync(temporary, path)
          resume(Effect.succeed({ server, inode }))
        } catch (cause) {
          fail(cause)
        }
      })
      bind(server, temporary)
    }))

/** While we still listen, no other session takes the name, so these files are ours. */
const close = (files: SessionPaths, { inode, server }: Served): void => {
  if (look(files.socket)?.ino === inode) {
    for (const path of [files.info, files.agent, files.socket]) remove(path)
  }
  server.close()
}

/** One socket file per session; connecting to it is the only proof of life. */
export const layer: Layer.Layer<SessionServer, never, Paths | Lock> = Layer.effect(
  SessionServer,
  Effect.gen(function*() {
    const paths = yield* Paths
    const lock = yield* Lock

    /** Succeeds if no session listens under the name. */
    const probe = Effect.fnUntraced(function*(name: SessionName) {
      const path = paths.session(name).socket
      const alive = yield* connectUnix(path).pipe(
        Effect.map((connection) => {
          connection.destroy()
          return true
        }),
        Effect.catchIf((error) => error.dead || error.busy, (error) => Effect.succeed(error.busy)),
        Effect.mapError((cause) => new SessionServerError({ name, path, cause }))
      )
      if (alive) return yield* new SessionExists({ name })
      if (look(path)?.isSocket() === false) {
        return yield* new SessionServerError({ name, path })
      }
    })

    const listen: SessionServer["Service"]["listen"] = Effect.fn("SessionServer.listen")(
      function*({ name, onConnection, prepare }) {
        yield* paths.ensure
        yield* paths.checkSocketPath(name)
        const files = paths.session(name)
        return yield* lock.withLock(Effect.gen(function*() {
          yield* probe(name)
          const prepared = yield* prepare
          const opened = open(paths.dir, files.socket, (connection) => onConnection(connection, prepared)).pipe(
            Effect.mapError((cause) => new SessionServerError({ name, path: files.socket, cause })),
            // What was prepared may have described the session already.
            Effect.onError(() => Effect.sync(() => remove(files.info)))
          )
          yield* Effect.acquireRelease(opened, (served) => Effect.sync(() => close(files, served)))
          yield* Effect.ignore(Effect.try(() => sweep(paths.dir)))
          return prepared
        }))
      }
    )

    return SessionServer.of({ listen })
  })
)
