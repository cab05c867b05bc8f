/**
 * A client of an OpenSSH control socket (PROTOCOL.mux in OpenSSH's sources, version 4), for requests that pass no file
 * descriptors. It costs a tenth of starting `ssh -O`.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Net from "node:net"
import { messageOf } from "../../../schema/Text.ts"
import { codeOf } from "../../system/systemError.ts"

/** There is no master behind the socket, or it does not answer. */
export class MuxGone extends Schema.TaggedError<MuxGone>()("MuxGone", {
  fault: Schema.Literals(["silent", "hung up", "not the protocol", "no connection", "no forward"]),
  /** Of a connection that was not made, or broke: the control socket's, or the forwarded one's. */
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `no ssh master: ${this.reason}`
  }
  private get reason(): string {
    switch (this.fault) {
      case "silent":
        return "it does not answer"
      case "hung up":
        return "it hung up"
      case "not the protocol":
        return "it does not speak the protocol"
      case "no connection":
        return codeOf(this.cause)
      case "no forward":
        return messageOf(this.cause)
    }
  }
}

/** The master refused the request. */
export class MuxRefused extends Schema.TaggedError<MuxRefused>()("MuxRefused", {
  /** The master's own. */
  words: Schema.String
}) {
  override get message() {
    return `the ssh master refused: ${this.words}`
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
/** The port of an address that is a path: -2 (PORT_STREAMLOCAL in misc.h). */
const NO_PORT = 0xfffffffe

/** A stopped master accepts connections and never answers; a running one needs less than one. */
const ANSWER_TIMEOUT_MS = 2000

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

/** A string of an answer; empty or cut where the answer is too short. */
const readText = (answer: Buffer, at: number): string =>
  answer.length < at + 4 ? "" : answer.toString("utf8", at + 4, at + 4 + answer.readUInt32BE(at))

/** Sends one request and returns its answer. */
const ask = (socketPath: string, type: number, ...fields: ReadonlyArray<Buffer>): Effect.Effect<Buffer, MuxGone> =>
  Effect.callback<Buffer, MuxGone>((resume) => {
    const socket = Net.connect(socketPath)
    let received: Buffer = Buffer.alloc(0)
    const fail = (error: MuxGone) => {
      socket.destroy()
      resume(Effect.fail(error))
    }
    const onPacket = (answer: Buffer) => {
      const type = answer.length >= 4 ? answer.readUInt32BE(0) : 0
      if (type === HELLO) return
      socket.destroy()
      resume(Effect.succeed(answer))
    }
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => fail(new MuxGone({ fault: "silent" })))
    socket.on("error", (cause) => fail(new MuxGone({ fault: "no connection", cause })))
    socket.on("close", () => fail(new MuxGone({ fault: "hung up" })))
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      while (received.length >= 4) {
        const length = received.readUInt32BE(0)
        if (length > MAX_PACKET_BYTES) return fail(new MuxGone({ fault: "not the protocol" }))
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
    : Effect.fail(new MuxRefused({ words: readText(answer, 8) }))

/** The process id of a running master. */
export const alive = (socketPath: string): Effect.Effect<number, MuxGone> =>
  Effect.flatMap(ask(socketPath, ALIVE_CHECK), (answer) =>
    answer.length >= 12 && answer.readUInt32BE(0) === ALIVE
      ? Effect.succeed(answer.readUInt32BE(8))
      : Effect.fail(new MuxGone({ fault: "not the protocol" })))

/** Ends the master and all that goes through it. */
export const terminate = (socketPath: string): Effect.Effect<void, MuxGone | MuxRefused> =>
  Effect.flatMap(ask(socketPath, TERMINATE), expectOk)

const forward = (request: number) => (socketPath: string, local: string, remote: string) =>
  Effect.flatMap(
    ask(socketPath, request, number(LOCAL_FORWARD), text(local), number(NO_PORT), text(remote), number(NO_PORT)),
    expectOk
  )

/** Creates a local unix socket that is forwarded to a path on the host. */
export const openForward = forward(OPEN_FORWARD)

/** Accepts no more connections at the local socket; those that were made stay. */
export const closeForward = forward(CLOSE_FORWARD)
