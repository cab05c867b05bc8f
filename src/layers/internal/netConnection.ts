/** A {@link Connection} over a socket of Node's: raw buffers, one write per frame, no promise on the way. */
import type * as Net from "node:net"
import { FrameDecoder, type FrameType, header, HEADER_BYTES } from "../../schema/Frame.ts"
import { type Connection, type ConnectionHandlers, HIGH_WATER } from "../../services/Connection.ts"

/** A reset: the other side ended before it had read everything. */
const reasonOf = (error: NodeJS.ErrnoException): string =>
  error.code === "ECONNRESET" || error.code === "EPIPE" ? "its process is gone" : error.message

/** How long the other side has to take our last words, or some of them. */
const LINGER_MS = 1000

/** What Node keeps below a socket: not in its types. */
interface Handle {
  /** Bytes ever handed to libuv, and those of them that the system has not taken yet. */
  readonly bytesWritten: number
  readonly writeQueueSize: number
}

/**
 * Bytes that the system has not taken. `writableLength` would not do: it counts a write as waiting until the whole of
 * it is gone, and a slow reader of a large one would look like one that has stopped.
 */
const waiting = (socket: Net.Socket): number => {
  const handle = (socket as unknown as { readonly _handle?: Handle | null })._handle
  return handle ? socket.bytesWritten - handle.bytesWritten + handle.writeQueueSize : socket.writableLength
}

/**
 * Takes over a connected socket, which must be paused (`pauseOnConnect`, or `pause()` before connecting), so that
 * nothing is read before `listen`. Pausing takes effect between two frames, even of the same chunk.
 */
export const netConnection = (socket: Net.Socket): Connection => {
  const decoder = new FrameDecoder()
  let handlers: ConnectionHandlers | undefined
  let paused = false
  /** Frames of a chunk in the middle of which the reader paused. */
  let kept: Array<readonly [type: number, payload: Buffer]> = []
  /** Bytes of a frame that has begun and not ended. */
  let unfinished = 0
  /** We have said all: what arrives is not looked at any more. */
  let ended = false
  /** We asked to stop: no frames any more, only the end. */
  let dropped = false
  let over: { readonly reason: string | undefined } | undefined
  let told = false
  let holding = false

  const tell = () => {
    if (told || over === undefined || handlers === undefined) return
    // An orderly end comes after the frames before it; a reset does not wait for a reader that pauses.
    if (kept.length > 0 && over.reason === undefined && !dropped) return
    told = true
    kept = []
    handlers.onClose(over.reason)
  }

  const finish = (reason: string | undefined) => {
    over ??= { reason: dropped ? undefined : reason }
    tell()
  }

  const onFrame = (type: number, payload: Buffer) => {
    unfinished -= HEADER_BYTES + payload.length
    if (dropped || ended) return
    if (paused || kept.length > 0) kept.push([type, Buffer.from(payload)])
    else handlers?.onFrame(type, payload)
  }

  const onData = (chunk: Buffer) => {
    if (dropped || ended || over !== undefined) return
    unfinished += chunk.length
    const broken = decoder.push(chunk, onFrame)
    if (broken === undefined || dropped) return
    socket.destroy()
    finish(broken.reason)
  }

  /** The connection is cut when nothing is on its way any more, or nothing moves. */
  const linger = (before: number) => {
    setTimeout(() => {
      const left = waiting(socket)
      if (left > 0 && left < before) linger(left)
      else socket.destroy()
    }, LINGER_MS).unref()
  }

  const flow = () => {
    while (!paused && !dropped && !ended && kept.length > 0) {
      const [type, payload] = kept.shift()!
      handlers?.onFrame(type, payload)
    }
    if (paused) return
    tell()
    socket.resume()
  }

  socket.on("error", (error) => finish(reasonOf(error)))
  // The other side says nothing more: for a session that is the end, even while our last bytes are still on their way.
  socket.on("end", () => finish(unfinished > 0 ? "the connection ended in the middle of a frame" : undefined))
  socket.on("close", () => finish(undefined))
  socket.on("drain", () => {
    if (!holding || over !== undefined) return
    holding = false
    handlers?.onDrain()
  })

  return {
    listen: (given) => {
      handlers = given
      socket.on("data", onData)
      // Not at once: a caller is ready for frames when this has returned.
      queueMicrotask(flow)
    },
    send: (type: FrameType, ...parts) => {
      if (over !== undefined || !socket.writable) return true
      let length = 0
      for (const part of parts) length += part.length
      socket.cork()
      socket.write(header(type, length))
      for (const part of parts) if (part.length > 0) socket.write(part)
      socket.uncork()
      // The first is the larger and the cheaper one.
      if (socket.writableLength > HIGH_WATER && waiting(socket) > HIGH_WATER) holding = true
      return !holding
    },
    pending: () => socket.destroyed ? 0 : waiting(socket),
    pause: () => {
      paused = true
      socket.pause()
    },
    resume: () => {
      if (!paused) return
      paused = false
      if (handlers !== undefined) queueMicrotask(flow)
    },
    end: () => {
      if (ended) return
      ended = true
      kept = []
      socket.end()
      // A reset would take our last words from the other side, so what still arrives is read and thrown away for a while.
      socket.resume()
      linger(Infinity)
    },
    destroy: () => {
      dropped = true
      socket.destroy()
    }
  }
}
