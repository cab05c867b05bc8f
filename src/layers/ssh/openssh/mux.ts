/**
 * What a client of an OpenSSH control socket says (PROTOCOL.mux in OpenSSH's sources, version 4), as far as it needs no
 * file descriptors to be passed. A tenth of what starting `ssh -O` costs.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Net from "node:net"

/** No master is behind the socket, or it does not answer. */
export class MuxGone extends Schema.TaggedError<MuxGone>()("MuxGone", { reason: Schema.String }) {
  override get message() {
    return `no ssh master: ${this.reason}`
  }
}

/** The master answered no. */
export class MuxRefused extends Schema.TaggedError<MuxRefused>()("MuxRefused", { reason: Schema.String }) {
  override get message() {
    return `the ssh master refused: ${this.reason}`
  }
}

const VERSION = 4
const HELLO = 0x00000001
const ALIVE_CHECK = 0x10000004
const TERMINATE = 0x10000005
const OPEN_FORWARD = 0x10000006
const CLOSE_FORWARD = 0x10000007
const OK = 0x80000001
const ALIVE = 0x80000005

const LOCAL_FORWARD = 1
/** Stands for a port where there is a path instead: -2 (PORT_STREAMLOCAL in misc.h). */
const NO_PORT = 0xfffffffe

/** A master that is stopped takes connections and says nothing; one that lives needs less than one. */
const PATIENCE_MS = 2000

/** Bytes: an answer has some tens. */
const MAX_PACKET_BYTES = 64 * 1024

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([number(bytes.length), bytes])
}

const packet = (...fields: ReadonlyArray<Buffer>): Buffer => {
  const body = Buffer.concat(fields)
  return Buffer.concat([number(body.length), body])
}

const REQUEST_ID = number(1)

/** A string of an answer, as far as it is there. */
const readText = (answer: Buffer, at: number): string =>
  answer.length < at + 4 ? "" : answer.toString("utf8", at + 4, at + 4 + answer.readUInt32BE(at))

/** Sends one request and gives the answer to it. */
const ask = (socketPath: string, type: number, ...fields: ReadonlyArray<Buffer>): Effect.Effect<Buffer, MuxGone> =>
  Effect.callback<Buffer, MuxGone>((resume) => {
    const socket = Net.connect(socketPath)
    let received: Buffer = Buffer.alloc(0)
    const fail = (reason: string) => {
      socket.destroy()
      resume(Effect.fail(new MuxGone({ reason })))
    }
    const onPacket = (answer: Buffer) => {
      const type = answer.length >= 4 ? answer.readUInt32BE(0) : 0
      if (type === HELLO) return
      socket.destroy()
      resume(Effect.succeed(answer))
    }
    socket.setTimeout(PATIENCE_MS, () => fail("it does not answer"))
    socket.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
    socket.on("close", () => fail("it hung up"))
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      while (received.length >= 4) {
        const length = received.readUInt32BE(0)
        if (length > MAX_PACKET_BYTES) return fail("it does not speak the protocol")
        if (received.length < 4 + length) return
        onPacket(received.subarray(4, 4 + length))
        received = received.subarray(4 + length)
      }
    })
    socket.write(packet(number(HELLO), number(VERSION)))
    socket.write(packet(number(type), REQUEST_ID, ...fields))
    return Effect.sync(() => socket.destroy())
  })

const expectOk = (answer: Buffer): Effect.Effect<void, MuxRefused> =>
  answer.readUInt32BE(0) === OK
    ? Effect.void
    : Effect.fail(new MuxRefused({ reason: readText(answer, 8) }))

/** The master's process id, if it lives. */
export const alive = (socketPath: string): Effect.Effect<number, MuxGone> =>
  Effect.flatMap(ask(socketPath, ALIVE_CHECK), (answer) =>
    answer.length >= 12 && answer.readUInt32BE(0) === ALIVE
      ? Effect.succeed(answer.readUInt32BE(8))
      : Effect.fail(new MuxGone({ reason: "it does not speak the protocol" })))

/** Ends the master and all that goes through it. */
export const terminate = (socketPath: string): Effect.Effect<void, MuxGone | MuxRefused> =>
  Effect.flatMap(ask(socketPath, TERMINATE), expectOk)

const forward = (request: number) => (socketPath: string, local: string, remote: string) =>
  Effect.flatMap(
    ask(socketPath, request, number(LOCAL_FORWARD), text(local), number(NO_PORT), text(remote), number(NO_PORT)),
    expectOk
  )

/** Makes a local unix socket that leads to a path on the host. */
export const openForward = forward(OPEN_FORWARD)

/** Takes no more connections there; those that were made stay. */
export const closeForward = forward(CLOSE_FORWARD)
