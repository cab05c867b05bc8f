/** One connection to a session, from its first frame to its end. No I/O of its own, no Effect: callbacks. */
import * as Option from "effect/Option"
import {
  Control,
  type EndSignal,
  type Hello,
  PROTOCOL,
  type Refusal,
  RefusalCode
} from "../../schema/protocol/Control.ts"
import { decodeOffset, encodeOffset, FrameType, OFFSET_BYTES } from "../../schema/protocol/Frame.ts"
import { boundedSize, type ClientInfo, type Size } from "../../schema/Session.ts"
import type { Connection } from "../../services/Connection.ts"

/** Input bytes that a client may send without an acknowledgement: enough for a paste to flow. */
export const INPUT_WINDOW_BYTES = 256 * 1024

/** The input of one client, over all of its connections. */
export interface ClientInput {
  /** Bytes received since the client began. */
  received: number
  /** Of these, bytes that the program has not read yet. */
  queued: number
  /** The client's connection now. */
  peer: Peer | undefined
}

/** For a client that is not known yet. */
export const newClientInput = (): ClientInput => ({ received: 0, queued: 0, peer: undefined })

/** What a peer reports to its session. */
export interface PeerEvents {
  readonly version: string
  /** A valid `hello` came: the session makes the peer `live`, or refuses it. */
  readonly onHello: (peer: Peer, hello: Hello) => void
  /** New bytes for the program, in order. */
  readonly onInput: (peer: Peer, bytes: Buffer) => void
  readonly onResize: (peer: Peer, size: Size) => void
  /** Without a signal: ends the session. */
  readonly onKill: (graceMs: number, signal?: EndSignal) => void
  /** The client asks for the session's history. */
  readonly onHistory: (peer: Peer, ansi: boolean) => void
  /** The client runs. */
  readonly onPong: (peer: Peer) => void
  /** A client that is not attached itself detaches all others. */
  readonly onDetachAll: (reason: string | undefined) => void
  /** The client has read all that was sent. */
  readonly onDrain: (peer: Peer) => void
  readonly onGone: (peer: Peer) => void
}

/**
 * - `handshake`: no hello yet, or no answer to it
 * - `live`: admitted
 * - `lagging`: has read nothing for too long, and gets no output until it has drained
 * - `gone`
 */
export type PeerState = "handshake" | "live" | "lagging" | "gone"

export class Peer {
  state: PeerState = "handshake"
  hello: Hello | undefined
  size: Size | undefined
  /** Of the client, over all of its connections. */
  input = newClientInput()
  /** It was sent a ping, and has not replied. */
  isPingDue = false
  readonly connection: Connection
  private readonly events: PeerEvents

  constructor(connection: Connection, events: PeerEvents) {
    this.connection = connection
    this.events = events
  }

  /** Begins to listen. Called last, because frames may come at once. */
  listen(): void {
    this.connection.listen({
      onFrame: (type, payload) => {
        if (this.state !== "gone") this.handleFrame(type, payload)
      },
      onDrain: () => {
        if (this.state !== "gone") this.events.onDrain(this)
      },
      onClose: () => this.leave()
    })
  }

  /** The client shows the session: it gets output, and is listed as a client. */
  get seesOutput(): boolean {
    return this.hello?.role === "attach" || this.hello?.role === "watch"
  }

  /** The client waits for the end of the command, not of the session. */
  get awaitsCommand(): boolean {
    return this.hello?.role === "wait" && this.hello.command !== undefined
  }

  get info(): ClientInfo {
    return {
      role: this.hello?.role ?? "unknown",
      ...(this.size === undefined ? {} : { size: this.size }),
      ...(this.hello?.within === undefined ? {} : { within: this.hello.within })
    }
  }

  /** Sends the reason, and ends the connection. */
  refuse(refusal: Refusal): void {
    if (this.state === "gone") return
    this.connection.send(FrameType.error, Control.error.encode(refusal))
    this.connection.end()
    this.leave()
  }

  /** Tells an attached client that it was detached, and ends the connection. */
  detach(reason: string | undefined): void {
    this.connection.send(FrameType.detach, Control.detach.encode(reason === undefined ? {} : { reason }))
    this.connection.end()
    this.leave()
  }

  /** Tells the client how much of its input the program has. */
  acknowledge(): void {
    if (this.state === "live" || this.state === "lagging") {
      this.connection.send(FrameType.ack, encodeOffset(this.input.received - this.input.queued))
    }
  }

  /** Asks the client whether it runs, if it is one that replies. */
  ping(): void {
    if (this.hello?.answers !== true || this.isPingDue) return
    this.isPingDue = true
    this.connection.send(FrameType.ping)
  }

  /** The client has reconnected: what still arrives on this connection is ignored. */
  supersede(): void {
    this.state = "gone"
    this.connection.destroy()
  }

  /** The connection is over: no more frames. Idempotent. */
  leave(): void {
    if (this.state === "gone") return
    this.state = "gone"
    this.events.onGone(this)
  }

  private handleFrame(type: number, payload: Buffer): void {
    if (type === FrameType.ping) {
      this.connection.send(FrameType.pong, Buffer.from(payload))
      return
    }
    if (this.state === "handshake") {
      this.handleHello(type, payload)
      return
    }
    switch (type) {
      case FrameType.input:
        return this.handleInput(payload)
      case FrameType.resize: {
        const size = Option.getOrUndefined(Control.resize.decode(payload))
        if (size === undefined) return this.refuseProtocol("a resize that is none")
        return this.events.onResize(this, boundedSize(size))
      }
      case FrameType.kill: {
        const kill = Option.getOrUndefined(Control.kill.decode(payload))
        if (kill === undefined) return this.refuseProtocol("a kill that is none")
        return this.events.onKill(kill.graceMs, kill.signal)
      }
      case FrameType.history: {
        const history = Option.getOrUndefined(Control.history.decode(payload))
        if (history === undefined) return this.refuseProtocol("a request for the history that is none")
        return this.events.onHistory(this, history.ansi)
      }
      case FrameType.detach: {
        if (this.seesOutput) {
          this.connection.end()
          return this.leave()
        }
        return this.events.onDetachAll(Option.getOrUndefined(Control.detach.decode(payload))?.reason)
      }
      case FrameType.pong:
        return this.events.onPong(this)
      default:
        // A type from a newer version.
        return
    }
  }

  private handleHello(type: number, payload: Buffer): void {
    const hello = type === FrameType.hello ? Option.getOrUndefined(Control.hello.decode(payload)) : undefined
    if (hello !== undefined && hello.protocol.major === PROTOCOL.major) {
      this.hello = hello
      this.size = hello.size && boundedSize(hello.size)
      this.events.onHello(this, hello)
      return
    }
    const version = type === FrameType.hello ? Option.getOrUndefined(Control.version.decode(payload)) : undefined
    if (version === undefined || version.protocol.major === PROTOCOL.major) {
      return this.refuseProtocol("the first frame is no hello")
    }
    const side = version.protocol.major < PROTOCOL.major ? "client" : "session"
    this.refuse({
      code: RefusalCode.version,
      message: `the ${side} is too old: the session is sesh ${this.events.version} and the client ${version.sesh}`
    })
  }

  private handleInput(payload: Buffer): void {
    const { input } = this
    const offset = decodeOffset(payload)
    if (offset === undefined || offset > input.received) return this.refuseProtocol("input that does not follow")
    if (this.hello!.role !== "attach" && this.hello!.role !== "send") return
    const fresh = payload.subarray(OFFSET_BYTES + input.received - offset)
    // Twice the window: after a reconnect an older client counts from the bytes received, not from those acknowledged.
    if (input.queued + fresh.length > 2 * INPUT_WINDOW_BYTES) {
      return this.refuse({ code: RefusalCode.window, message: "more input than the window allows" })
    }
    if (fresh.length === 0) return this.acknowledge()
    input.received += fresh.length
    input.queued += fresh.length
    this.events.onInput(this, fresh)
  }

  /** The client broke the protocol. */
  refuseProtocol(what: string): void {
    this.refuse({ code: RefusalCode.protocol, message: what })
  }
}
