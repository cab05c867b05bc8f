/** A client that keeps to nothing: bytes as a test says, straight into a session's socket. */
import * as net from "node:net"
import { onTestFinished } from "vitest"
import type { AtEnd } from "./sandbox.ts"
import { until } from "./until.ts"

/** A frame as docs/protocol.md has it. */
export const frame = (type: number, payload: Buffer | string = ""): Buffer => {
  const bytes = Buffer.from(payload as string)
  const header = Buffer.alloc(5)
  header[0] = type
  header.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([header, bytes])
}

let clients = 0

/** A hello, valid but for what `more` changes. */
export const greeting = (role: string, more: Readonly<Record<string, unknown>> = {}): Buffer =>
  frame(
    1,
    JSON.stringify({ protocol: { major: 1, minor: 3 }, sesh: "0.0.0", role, client: `hostile${clients++}`, ...more })
  )

/** A frame of input. */
export const input = (offset: number | bigint, bytes: Buffer | string): Buffer => {
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(offset))
  return frame(5, Buffer.concat([head, Buffer.from(bytes as string)]))
}

export interface HostileClient {
  /** Bytes as they are. Not more than the session's system takes: the rest waits here. */
  readonly say: (...bytes: ReadonlyArray<Buffer>) => void
  /** Returns once the system has all that was said, or the connection is over. */
  readonly said: () => Promise<void>
  /** Reads nothing any more. */
  readonly stopReading: () => void
  readonly readAgain: () => void
  readonly leave: () => void
  /** The frames that came, without those that are longer than a test wants to see. */
  readonly frames: () => ReadonlyArray<readonly [type: number, payload: Buffer]>
  readonly received: () => number
  readonly isClosed: () => boolean
  /** Waits for a frame of this type. */
  readonly hears: (type: number) => Promise<Buffer>
  /** Waits for the end of the connection. */
  readonly isDropped: () => Promise<void>
}

/** Connects to a session's socket. */
export const hostileClient = async (path: string, atEnd: AtEnd = onTestFinished): Promise<HostileClient> => {
  const socket = net.connect(path)
  atEnd(() => void socket.destroy())
  const frames: Array<readonly [number, Buffer]> = []
  let rest: Buffer = Buffer.alloc(0)
  let received = 0
  let closed = false
  socket.on("data", (bytes: Buffer) => {
    received += bytes.length
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1)
      frames.push([rest[0]!, rest.subarray(5, end)])
      rest = rest.subarray(end)
    }
  })
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve)
    socket.once("error", reject)
  })
  socket.on("error", () => {})
  socket.on("close", () => (closed = true))
  return {
    say: (...bytes) => {
      for (const piece of bytes) socket.write(piece)
    },
    said: async () => {
      await until("all that was said", () => closed || socket.writableLength === 0)
    },
    stopReading: () => void socket.pause(),
    readAgain: () => void socket.resume(),
    leave: () => void socket.destroy(),
    frames: () => frames,
    received: () => received,
    isClosed: () => closed,
    hears: (type) =>
      until(
        `a frame of type ${type}`,
        () => frames.find(([other]) => other === type)?.[1],
        () => frames.map(([other, payload]) => `${other}: ${payload.toString().slice(0, 200)}`).join("\n")
      ),
    isDropped: async () => {
      await until("the end of the connection", () => closed)
    }
  }
}
