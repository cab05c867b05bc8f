/** A listening socket under a session's name, and what removes it again. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import type { Connection } from "../../services/Connection.ts"
import type { SessionPaths } from "../../services/Paths.ts"
import { remove } from "../system/files.ts"
import { quietly } from "../system/quietly.ts"
import { makeIsScarce } from "./descriptors.ts"
import { FairShare } from "./framing.ts"
import { socketConnection } from "./socketConnection.ts"
import { type SocketError, socketError } from "./unixSocket.ts"

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

export interface Served {
  readonly server: Net.Server
  /** Inode of our socket file: by the end the name may belong to another one. */
  readonly inode: bigint
}

export const look = (path: string): Fs.BigIntStats | undefined => quietly(() => Fs.lstatSync(path, { bigint: true }))

/** Whether the socket that we listen on has the name. */
export const isServed = (path: string, { inode }: Served): boolean => look(path)?.ino === inode

/** Binds and listens at once, with a socket that is 0600 from the start. */
const bind = (server: Net.Server, path: string): void => {
  const umask = process.umask(0o177)
  try {
    server.listen({ path, backlog: BACKLOG })
  } finally {
    process.umask(umask)
  }
}

/**
 * Removes what creators left that were killed half-way, and counts the sockets of sessions. Only under the lock, where
 * no other creator runs.
 */
export const sweep = (dir: string): number => {
  let sessions = 0
  for (const entry of Fs.readdirSync(dir, { withFileTypes: true })) {
    if (!entry.isSocket()) continue
    if (isTemporary(entry.name)) remove(Path.join(dir, entry.name))
    else sessions++
  }
  return sessions
}

/**
 * Opens the socket under a temporary name and renames it, so that a client never finds it before it listens. When a
 * server closes, libuv unlinks the name that it bound: that is the temporary name, so another session's socket under
 * the final name is safe.
 */
export const open = (
  dir: string,
  path: string,
  onConnection: (connection: Connection, scarce: boolean) => void
): Effect.Effect<Served, SocketError> =>
  Effect.flatMap(temporaryName, (name) =>
    Effect.callback((resume) => {
      const temporary = Path.join(dir, name)
      const share = new FairShare()
      const isScarce = makeIsScarce()
      const server = Net.createServer(
        { pauseOnConnect: true },
        (socket) => onConnection(socketConnection(socket, share), isScarce(socket))
      )
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
export const close = (files: SessionPaths, served: Served): void => {
  if (isServed(files.socket, served)) {
    for (const path of [files.info, files.agent, files.socket]) remove(path)
  }
  served.server.close()
}
