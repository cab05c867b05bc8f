import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Net from "node:net"
import type { Connection } from "../../services/Connection.ts"
import { codeOf } from "../system/systemError.ts"
import { socketConnection } from "./socketConnection.ts"

/** What the system said, by its error code. */
export class SocketError extends Schema.TaggedError<SocketError>()("SocketError", {
  code: Schema.String,
  cause: Schema.Defect()
}) {
  /** Nobody listens: no such file, a socket that its process left behind (connect(2)), or one that it has just closed. */
  get dead(): boolean {
    return this.code === "ENOENT" || this.code === "ECONNREFUSED" || this.code === "ECONNRESET"
  }
  /** Somebody listens and accepts nothing: the backlog is full (connect(2) of a unix socket). */
  get busy(): boolean {
    return this.code === "EAGAIN"
  }
  override get message() {
    if (this.busy) return "it does not take connections; is its process stopped?"
    if (this.code === "EMFILE" || this.code === "ENFILE") return "too many open files"
    if (this.code === "EACCES" || this.code === "EPERM") return "permission denied"
    return this.code
  }
}

/** From what Node throws or emits. */
export const socketError = (cause: unknown): SocketError => new SocketError({ code: codeOf(cause), cause })

/** Connects. Does not wait: on a unix socket, a connect(2) that does not block is done or refused at once. */
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
