import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Net from "node:net"
import type { Connection } from "../../services/Connection.ts"
import { codeOf, diskProblem } from "../system/systemError.ts"
import { socketConnection } from "./socketConnection.ts"

const DEAD = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "ENOTSOCK"])

/** A system error, by its code. */
export class SocketError extends Schema.TaggedError<SocketError>()("SocketError", {
  code: Schema.String,
  cause: Schema.Defect()
}) {
  /**
   * No process listens: no such file, a socket that its process left (connect(2)), one that it has just closed, or, as
   * macOS says it, no socket. macOS refuses when the backlog is full as well.
   */
  get dead(): boolean {
    return DEAD.has(this.code)
  }
  /** A process listens but does not accept: the backlog is full (connect(2) of a unix socket on Linux). */
  get busy(): boolean {
    return this.code === "EAGAIN"
  }
  override get message() {
    if (this.busy) return "it does not take connections; is its process stopped?"
    if (this.code === "EMFILE" || this.code === "ENFILE") return "too many open files"
    if (this.code === "EACCES" || this.code === "EPERM") return "permission denied"
    const problem = diskProblem(this.code)
    return problem === undefined ? this.code : `${problem}; set SESH_DIR to a directory on another one`
  }
}

/** Makes one of what Node throws or emits. */
export const socketError = (cause: unknown): SocketError => new SocketError({ code: codeOf(cause), cause })

/** Connects. Does not wait: on a unix socket, a non-blocking connect(2) succeeds or fails at once. */
export const connectUnix = (path: string): Effect.Effect<Connection, SocketError> =>
  Effect.callback((resume) => {
    const socket = new Net.Socket()
    socket.pause()
    const fail = (cause: Error) => resume(Effect.fail(socketError(cause)))
    socket.once("error", fail)
    socket.connect(path, () => {
      socket.off("error", fail)
      resume(Effect.succeed(socketConnection(socket)))
    })
    return Effect.sync(() => socket.destroy())
  })
