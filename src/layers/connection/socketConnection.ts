/** A {@link Connection} over a socket of Node's: one write per frame. */
import type * as Net from "node:net"
import { type Connection, ConnectionReset, HIGH_WATER_BYTES } from "../../services/Connection.ts"
import { codeOf } from "../system/systemError.ts"
import { type FairShare, framed } from "./framing.ts"

/** How long the other side has to read our last frames, or some of them. */
const LINGER_MS = 1000

/** Node's handle of a socket, which its types lack. */
interface Handle {
  /** Bytes ever handed to libuv, and those of them that the system has not taken yet. */
  readonly bytesWritten: number
  readonly writeQueueSize: number
}

/**
 * Bytes that the system has not taken. Not `writableLength`: that counts a write as waiting until all of it is gone, so
 * that a slow reader of a large write would look like one that has stopped.
 */
const waiting = (socket: Net.Socket): number => {
  const handle = (socket as unknown as { readonly _handle?: Handle | null })._handle
  return handle ? socket.bytesWritten - handle.bytesWritten + handle.writeQueueSize : socket.writableLength
}

/**
 * Takes over a connected socket, which must be paused (`pauseOnConnect`, or `pause()` before connecting), so that
 * nothing is read before `listen`. `share`: with the other connections of a server.
 */
export const socketConnection = (socket: Net.Socket, share?: FairShare): Connection => {
  /** Destroys the connection when nothing is queued any more, or the queue does not shrink. */
  const linger = (before: number) => {
    setTimeout(() => {
      const left = waiting(socket)
      if (left > 0 && left < before) linger(left)
      else socket.destroy()
    }, LINGER_MS).unref()
  }

  const { connection, onClose, onData, onDrain, onEnd } = framed({
    listen: () => socket.on("data", onData),
    isOpen: () => socket.writable,
    write: (frame) => {
      // A cork has a cost, and one piece needs none.
      if (frame.length > 1) socket.cork()
      for (const part of frame) socket.write(part)
      if (frame.length > 1) socket.uncork()
      // The first is never smaller, and cheaper to get.
      return socket.writableLength <= HIGH_WATER_BYTES || waiting(socket) <= HIGH_WATER_BYTES
    },
    pending: () => socket.destroyed ? 0 : waiting(socket),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => {
      socket.end()
      linger(Infinity)
    },
    destroy: () => socket.destroy()
  }, share)

  socket.on(
    "error",
    (error) => onClose({ _tag: "Broken", error: new ConnectionReset({ code: codeOf(error), cause: error }) })
  )
  socket.on("end", onEnd)
  socket.on("close", () => onClose())
  socket.on("drain", onDrain)
  return connection
}
