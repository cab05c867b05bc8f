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

/** Input that a client may have under way. Much more than anybody types, and what a paste needs to flow. */
export const INPUT_WINDOW = 256 * 1024

/** The input of one client, through all of its connections. */
export interface ClientInput {
  /** Bytes taken in since the client began. */
  received: number
  /** Of these, bytes that wait for the program to read. */
  queued: number
  /** Its connection now. */
  peer: Peer | undefined
}

/** That of a client which has not said who it is. */
export const newInput = (): ClientInput => ({ received: 0, queued: 0, peer: undefined })

/** What a peer asks of its session. */
export interface PeerEvents {
  readonly version: string
  /** A valid `hello` has come: the peer is to be made `live`. */
  readonly onHello: (peer: Peer, hello: Hello) => void
  /** Bytes to type, in order. */
  readonly onInput: (peer: Peer, bytes: Buffer) => void
  readonly onResize: (peer: Peer, size: Size) => void
  /** Without a signal: the end of the session is wanted. */
  readonly onKill: (graceMs: number, signal?: EndSignal) => void
  /** It asks what the session has shown. */
  readonly onHistory: (peer: Peer, ansi: boolean) => void
  /** A client that is not attached itself asks all others to go. */
  readonly onDetachAll: (reason: string | undefined) => void
  /** It took all that waited for it. */
  readonly onDrain: (peer: Peer) => void
  readonly onGone: (peer: Peer) => void
}

/**
 * - `greeting`: no hello yet
 * - `live`: in; `lagging`: took nothing for too long, output passes it by until it has drained
 * - `gone`
 */
export type PeerState = "greeting" | "live" | "lagging" | "gone"

export class Peer {
  state: PeerState = "greeting"
  hello: Hello | undefined
  size: Size | undefined
  /** That of its client, whose earlier connections included. */
  input = newInput()
  readonly connection: Connection
  private readonly host: PeerEvents

  constructor(connection: Connection, host: PeerEvents) {
    this.connection = connection
    this.host = host
  }

  /** Begins to listen; after all else is set up, because frames may come at once. */
  listen(): void {
    this.connection.listen({
      onFrame: (type, payload) => {
        if (this.state !== "gone") this.take(type, payload)
      },
      onDrain: () => {
        if (this.state !== "gone") this.host.onDrain(this)
      },
      onClose: () => this.leave()
    })
  }

  /** Output goes to it and it counts as a client. */
  get shows(): boolean {
    return this.hello?.role === "attach" || this.hello?.role === "watch"
  }

  /** It waits for the command, not for the session. */
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

  /** Says why, and hangs up. */
  refuse(refusal: Refusal): void {
    if (this.state === "gone") return
    this.connection.send(FrameType.error, Control.error.encode(refusal))
    this.connection.end()
    this.leave()
  }

  /** Tells an attached client that it was detached, and hangs up. */
  dismiss(reason: string | undefined): void {
    this.connection.send(FrameType.detach, Control.detach.encode(reason === undefined ? {} : { reason }))
    this.connection.end()
    this.leave()
  }

  /** Says how much of its input has been typed. */
  acknowledge(): void {
    if (this.state === "live" || this.state === "lagging") {
      this.connection.send(FrameType.ack, encodeOffset(this.input.received - this.input.queued))
    }
  }

  /** Its client is back on another connection: what is still under way on this one counts no more. */
  supersede(): void {
    this.state = "gone"
    this.connection.destroy()
  }

  /** No frame from here on. Idempotent. */
  leave(): void {
    if (this.state === "gone") return
    this.state = "gone"
    this.host.onGone(this)
  }

  private take(type: number, payload: Buffer): void {
    if (type === FrameType.ping) {
      this.connection.send(FrameType.pong, Buffer.from(payload))
      return
    }
    if (this.state === "greeting") {
      this.greet(type, payload)
      return
    }
    switch (type) {
      case FrameType.input:
        return this.takeInput(payload)
      case FrameType.resize: {
        const size = Option.getOrUndefined(Control.resize.decode(payload))
        if (size === undefined) return this.broken("a resize that is none")
        return this.host.onResize(this, boundedSize(size))
      }
      case FrameType.kill: {
        const kill = Option.getOrUndefined(Control.kill.decode(payload))
        if (kill === undefined) return this.broken("a kill that is none")
        return this.host.onKill(kill.graceMs, kill.signal)
      }
      case FrameType.history: {
        const history = Option.getOrUndefined(Control.history.decode(payload))
        if (history === undefined) return this.broken("a request for the history that is none")
        return this.host.onHistory(this, history.ansi)
      }
      case FrameType.detach: {
        if (this.shows) {
          this.connection.end()
          return this.leave()
        }
        return this.host.onDetachAll(Option.getOrUndefined(Control.detach.decode(payload))?.reason)
      }
      default:
        // A type from a newer version.
        return
    }
  }

  private greet(type: number, payload: Buffer): void {
    const hello = type === FrameType.hello ? Option.getOrUndefined(Control.hello.decode(payload)) : undefined
    if (hello !== undefined && hello.protocol.major === PROTOCOL.major) {
      this.hello = hello
      this.size = hello.size && boundedSize(hello.size)
      this.host.onHello(this, hello)
      return
    }
    const spoken = type === FrameType.hello ? Option.getOrUndefined(Control.version.decode(payload)) : undefined
    if (spoken === undefined || spoken.protocol.major === PROTOCOL.major) {
      return this.broken("the first frame is no hello")
    }
    const side = spoken.protocol.major < PROTOCOL.major ? "client" : "session"
    this.refuse({
      code: RefusalCode.version,
      message: `the ${side} is too old: the session is sesh ${this.host.version} and the client ${spoken.sesh}`
    })
  }

  private takeInput(payload: Buffer): void {
    const { input } = this
    const offset = decodeOffset(payload)
    if (offset === undefined || offset > input.received) return this.broken("input that does not follow")
    if (this.hello!.role !== "attach" && this.hello!.role !== "send") return
    const fresh = payload.subarray(OFFSET_BYTES + input.received - offset)
    // Twice the window: after a reconnect an older client counts from what was received, not from what was typed.
    if (input.queued + fresh.length > 2 * INPUT_WINDOW) {
      return this.refuse({ code: RefusalCode.window, message: "more input than the window allows" })
    }
    if (fresh.length === 0) return this.acknowledge()
    input.received += fresh.length
    input.queued += fresh.length
    this.host.onInput(this, fresh)
  }

  /** It does not keep to the protocol. */
  broken(what: string): void {
    this.refuse({ code: RefusalCode.protocol, message: what })
  }
}
