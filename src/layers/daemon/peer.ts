/** One connection to a session, from its first frame to its end. No I/O of its own, no Effect: callbacks. */
import * as Option from "effect/Option"
import {
  Control,
  type EndSignal,
  type Hello,
  MAX_CONTROL_BYTES,
  MAX_REASON_CHARACTERS,
  PROTOCOL,
  type Refusal,
  RefusalCode,
  type ShownIn
} from "../../schema/protocol/Control.ts"
import { decodeOffset, encodeOffset, FrameType, HEADER_BYTES, OFFSET_BYTES } from "../../schema/protocol/Frame.ts"
import { boundedSize, type ClientInfo, type Size } from "../../schema/Session.ts"
import { parseSessionName } from "../../schema/SessionName.ts"
import { cut } from "../../schema/Text.ts"
import type { Connection } from "../../services/Connection.ts"

/** Input bytes that a client may send without an acknowledgement: enough for a paste to flow. */
export const INPUT_WINDOW_BYTES = 256 * 1024

/** Replies that a client may leave unread, in bytes; until it reads them, it is not heard. */
const MAX_UNREAD_BYTES = 64 * 1024

/** Longest ping: it is only sent back. */
const MAX_PING_BYTES = 64 * 1024

/** Longest path of an agent's socket, in characters (PATH_MAX). */
const MAX_PATH = 4096

/** Longest version of another sesh in a message. */
const VERSION_CHARACTERS = 40

/** The input of one client, over all of its connections. */
export interface ClientInput {
  /** Bytes received since the client began. */
  received: number
  /** Of these, bytes that the program has not read yet. */
  queued: number
  /** Pieces in which the queue holds them. */
  pieces: number
  /** The client's connection now. */
  peer: Peer | undefined
  /** When it last attached or typed, counted over all clients; 0: never. */
  led: number
}

/** For a client that is not known yet. */
export const newClientInput = (): ClientInput => ({ received: 0, queued: 0, pieces: 0, peer: undefined, led: 0 })

/** What a peer reports to its session. */
export interface PeerEvents {
  readonly version: string
  readonly now: () => number
  /** A valid `hello` came: the session makes the peer `live`, or refuses it. */
  readonly onHello: (peer: Peer, hello: Hello) => void
  /** Whether the session has room for so many bytes more of this client's input. */
  readonly hasRoom: (input: ClientInput, bytes: number) => boolean
  /** New bytes for the program, in order. */
  readonly onInput: (peer: Peer, bytes: Buffer) => void
  readonly onResize: (peer: Peer, size: Size) => void
  /** Without a signal: ends the session. */
  readonly onKill: (graceMs: number, signal?: EndSignal) => void
  /** The client asks for the session's history. */
  readonly onHistory: (peer: Peer, ansi: boolean) => void
  /** The client is shown in other sessions than before. */
  readonly onShownIn: (peer: Peer, ids: ShownIn) => void
  /** The client has told its agent. */
  readonly onAgent: () => void
  /** The client runs. */
  readonly onPong: (peer: Peer) => void
  /** A client that is not attached itself detaches all others. */
  readonly onDetachAll: (reason: string | undefined) => void
  /** The client has the output of the command. */
  readonly onDone: (peer: Peer) => void
  /** The client has read all that was sent. */
  readonly onDrain: (peer: Peer) => void
  /** We have ended the connection, in order. */
  readonly onEnd: (peer: Peer) => void
  readonly onGone: (peer: Peer) => void
  /** Its connection is closed; after `onGone`. */
  readonly onClosed: (peer: Peer) => void
}

/** A hello without what is too long to be true: it would be listed, or kept. */
const bounded = (hello: Hello): Hello => {
  const { agent, within, ...rest } = hello
  return {
    ...rest,
    ...(agent !== undefined && agent.length <= MAX_PATH ? { agent } : {}),
    ...(within !== undefined && parseSessionName(within)._tag === "Success" ? { within } : {})
  }
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
  /** When it connected, and when it last sent something or has read all. */
  readonly since: number
  active: number
  /** It has asked for the session's end, and waits for it. */
  isKilling = false
  size: Size | undefined
  /** The sessions in which it shows this one. */
  shownIn: ShownIn = []
  /** Path of its ssh-agent's socket. */
  agent: string | undefined
  /** Of the client, over all of its connections. */
  input = newClientInput()
  /** It was sent a ping, and has not replied. */
  isPingDue = false
  /** The client has not read all acknowledgements: the next one is sent when it has. */
  private isBehind = false
  private isAckDue = false
  private unreadReplies = 0
  /** Why the client is not heard now. */
  private readonly holds = new Set<"answer" | "replies">()
  readonly connection: Connection
  private readonly events: PeerEvents

  constructor(connection: Connection, events: PeerEvents) {
    this.connection = connection
    this.events = events
    this.since = events.now()
    this.active = this.since
  }

  /** Begins to listen. Called last, because frames may come at once. */
  listen(): void {
    this.connection.listen({
      onFrame: (type, payload) => {
        if (this.state === "gone") return
        this.active = this.events.now()
        this.handleFrame(type, payload)
      },
      onDrain: () => {
        if (this.state === "gone") return
        this.active = this.events.now()
        this.isBehind = false
        this.unreadReplies = 0
        if (this.isAckDue) this.sendAck()
        this.hear("replies")
        this.events.onDrain(this)
      },
      onClose: () => {
        this.leave()
        this.events.onClosed(this)
      }
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

  /** The client, on another machine, says by a `detach` that it has the output of the command. */
  get saysWhenDone(): boolean {
    return this.awaitsCommand && this.hello!.command!.remember === true
  }

  /** Takes the client's ssh-agent, if it is one that brings it. */
  takeAgent(path: string | undefined): void {
    const mayBring = this.hello?.role === "attach" || this.awaitsCommand
    if (path !== undefined && path.length <= MAX_PATH && mayBring) this.agent = path
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
    this.end()
    this.leave()
  }

  /** Tells an attached client that it was detached, and ends the connection. */
  detach(reason: string | undefined): void {
    const told = reason === undefined ? {} : { reason: cut(reason, MAX_REASON_CHARACTERS) }
    this.connection.send(FrameType.detach, Control.detach.encode(told))
    this.end()
    this.leave()
  }

  /** Tells the client how much of its input the program has: once for all frames that came together. */
  acknowledge(): void {
    if (this.isAckDue) return
    this.isAckDue = true
    if (!this.isBehind) queueMicrotask(() => this.sendAck())
  }

  /** Reads no more of what the client sends. */
  hold(why: "answer" | "replies"): void {
    this.holds.add(why)
    this.connection.pause()
  }

  /** Reads again, unless there is another reason not to. */
  hear(why: "answer" | "replies"): void {
    if (this.holds.delete(why) && this.holds.size === 0) this.connection.resume()
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

  /** Ends the connection in order: what was sent still arrives. */
  end(): void {
    this.connection.end()
    this.events.onEnd(this)
  }

  /** Ends the connection at once, and without a word: the client does not read, or somebody else needs its place. */
  drop(): void {
    this.connection.destroy()
    this.leave()
  }

  /** The connection is over: no more frames. Idempotent. */
  leave(): void {
    if (this.state === "gone") return
    this.state = "gone"
    this.events.onGone(this)
  }

  private handleFrame(type: number, payload: Buffer): void {
    if (type === FrameType.ping) return this.reply(payload)
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
        this.isKilling = true
        return this.events.onKill(kill.graceMs, kill.signal)
      }
      case FrameType.history: {
        const history = Option.getOrUndefined(Control.history.decode(payload))
        if (history === undefined) return this.refuseProtocol("a request for the history that is none")
        return this.events.onHistory(this, history.ansi)
      }
      case FrameType.detach: {
        if (this.seesOutput) {
          this.end()
          return this.leave()
        }
        if (this.saysWhenDone) {
          this.events.onDone(this)
          this.end()
          return this.leave()
        }
        return this.events.onDetachAll(Option.getOrUndefined(Control.detach.decode(payload))?.reason)
      }
      case FrameType.shownIn: {
        const news = Option.getOrUndefined(Control.shownIn.decode(payload))
        if (news === undefined) return this.refuseProtocol("a frame about where it is shown that is none")
        return this.events.onShownIn(this, news.shownIn)
      }
      case FrameType.agent: {
        const agent = Option.getOrUndefined(Control.agent.decode(payload))
        if (agent === undefined) return this.refuseProtocol("an agent that is none")
        this.takeAgent(agent.path)
        return this.events.onAgent()
      }
      case FrameType.pong:
        return this.events.onPong(this)
      default:
        // A type from a newer version.
        return
    }
  }

  private handleHello(type: number, payload: Buffer): void {
    const isHello = type === FrameType.hello && payload.length <= MAX_CONTROL_BYTES
    const hello = isHello ? Option.getOrUndefined(Control.hello.decode(payload)) : undefined
    if (hello !== undefined && hello.protocol.major === PROTOCOL.major) {
      this.hello = bounded(hello)
      this.size = hello.size && boundedSize(hello.size)
      this.events.onHello(this, this.hello)
      return
    }
    const version = isHello ? Option.getOrUndefined(Control.version.decode(payload)) : undefined
    if (version === undefined || version.protocol.major === PROTOCOL.major) {
      return this.refuseProtocol("the first frame is no hello")
    }
    const side = version.protocol.major < PROTOCOL.major ? "client" : "session"
    const theirs = cut(version.sesh, VERSION_CHARACTERS)
    this.refuse({
      code: RefusalCode.version,
      message: `the ${side} is too old: the session is sesh ${this.events.version} and the client ${theirs}`
    })
  }

  private handleInput(payload: Buffer): void {
    const { input } = this
    const offset = decodeOffset(payload)
    if (offset === undefined || offset > input.received) return this.refuseProtocol("input that does not follow")
    if (this.hello!.role !== "attach" && this.hello!.role !== "send") return
    const fresh = payload.subarray(OFFSET_BYTES + input.received - offset)
    // Twice the window: after a reconnect an older client counts from the bytes received, not from those acknowledged.
    if (input.queued + fresh.length > 2 * INPUT_WINDOW_BYTES || !this.events.hasRoom(input, fresh.length)) {
      return this.refuse({ code: RefusalCode.window, message: "more input than the window allows" })
    }
    if (fresh.length === 0) return this.acknowledge()
    input.received += fresh.length
    input.queued += fresh.length
    this.events.onInput(this, fresh)
  }

  private reply(ping: Buffer): void {
    if (ping.length > MAX_PING_BYTES) return this.refuseProtocol("a ping that is too long")
    if (this.connection.send(FrameType.pong, ping)) return
    this.unreadReplies += HEADER_BYTES + ping.length
    if (this.unreadReplies > MAX_UNREAD_BYTES) this.hold("replies")
  }

  private sendAck(): void {
    this.isAckDue = false
    if (this.state !== "live" && this.state !== "lagging") return
    const typed = encodeOffset(this.input.received - this.input.queued)
    if (!this.connection.send(FrameType.ack, typed)) this.isBehind = true
  }

  /** The client broke the protocol. */
  refuseProtocol(what: string): void {
    this.refuse({ code: RefusalCode.protocol, message: what })
  }
}
