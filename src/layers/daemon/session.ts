/** A running session: one program, its scrollback, and whoever is connected. Callbacks: this is the byte path. */
import {
  Control,
  type EndSignal,
  type Hello,
  PROTOCOL,
  RefusalCode,
  type Welcome
} from "../../schema/protocol/Control.ts"
import { FrameType } from "../../schema/protocol/Frame.ts"
import type { ExitStatus, SessionInfo } from "../../schema/Session.ts"
import type { Connection } from "../../services/Connection.ts"
import type { PtyProcess } from "../../services/Pty.ts"
import type { Responder } from "../../services/QueryResponder.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import { Broadcast } from "./broadcast.ts"
import { ClientInputs } from "./clientInputs.ts"
import { announcement, type CommandEnd, tellEnd } from "./commandEnd.ts"
import { FlowControl } from "./flowControl.ts"
import { HistoryTransfers } from "./historyTransfers.ts"
import { InputQueue } from "./inputQueue.ts"
import { INPUT_WINDOW, Peer, type PeerEvents } from "./peer.ts"
import { Peers } from "./peers.ts"
import { QueryRouting } from "./queryRouting.ts"
import { WindowSize } from "./windowSize.ts"

/** Connections at once; the next one is refused. Bounds what queues can hold. */
const MAX_CONNECTIONS = 64

/** A connection that has not said hello by then is closed. */
const GREETING_MS = 10_000

/** Output of one tick is sent when it comes to this, not to let a frame grow. */
const BATCH_BYTES = 256 * 1024

/** So much output may come before its creator has attached: well below what every scrollback holds raw. */
const UNSEEN_BYTES = 1024 * 1024

/** How long the creator may take to attach before the program goes on without it. */
const AWAIT_MS = 10_000

/** How long it may take still when the session was killed meanwhile: whoever did that waits for the end. */
const AWAIT_KILLED_MS = 1000

/** Characters that are told of what is in the foreground. */
const FOREGROUND_CHARACTERS = 4096

export interface SessionParts {
  readonly program: PtyProcess
  readonly model: ScrollbackModel
  /** Makes one that has seen nothing yet. */
  readonly responder: (rows: () => number) => Responder
  readonly version: string
  /** What does not change, and the rest as it was in the beginning. */
  readonly born: SessionInfo
  /** The creator is about to attach. */
  readonly awaited: boolean
  readonly now: () => number
  readonly after: (ms: number, run: () => void) => void
  readonly onAgent: (socket: string) => void
  /** The awaited creator has attached, or waits, and was sent what it is to see, or will not come. */
  readonly onSeen: () => void
  /** The program that ran has ended. Nobody has been told yet. */
  readonly onExit: (status: ExitStatus) => void
}

export class Session {
  private readonly peers = new Peers()
  private active: number
  private batch: Array<Buffer> = []
  private batched = 0
  private status: ExitStatus | undefined
  private command: CommandEnd | undefined
  private doomed = false
  private unseen: boolean
  private readonly clients = new ClientInputs()
  private readonly flow: FlowControl
  private readonly screens: Broadcast
  private readonly sizes: WindowSize
  private readonly input: InputQueue
  private readonly histories = new HistoryTransfers()
  private readonly answers: QueryRouting
  private readonly parts: SessionParts

  constructor(parts: SessionParts) {
    this.parts = parts
    this.active = parts.born.created
    this.unseen = parts.awaited
    this.flow = new FlowControl(parts.program, parts.after)
    this.screens = new Broadcast(parts.model, this.flow)
    this.sizes = new WindowSize(parts.born.size, {
      ...parts,
      peers: this.peers,
      screens: this.screens,
      flush: () => this.flush()
    })
    this.input = new InputQueue(parts.program)
    this.answers = new QueryRouting({
      responder: parts.responder,
      rows: () => this.sizes.now.rows,
      input: this.input,
      isOver: () => this.status !== undefined
    })
    parts.program.listen({
      onData: (bytes) => this.onData(bytes),
      onDrain: () => this.input.drain(),
      onExit: (status) => parts.onExit(status)
    })
    if (parts.awaited) parts.after(AWAIT_MS, () => this.seen())
  }

  get info(): SessionInfo {
    return {
      ...this.parts.born,
      pid: this.parts.program.pid,
      size: this.sizes.now,
      active: this.active,
      clients: this.peers.infos
    }
  }

  private foreground(): Pick<SessionInfo, "cwd" | "foreground"> {
    const { command, cwd } = this.parts.program.foreground()
    return {
      ...(cwd === undefined ? {} : { cwd }),
      ...(command === undefined ? {} : { foreground: command.slice(0, FOREGROUND_CHARACTERS) })
    }
  }

  /** Connections that still have something to take. */
  get open(): number {
    return this.peers.size
  }

  /** A measure of how much is still to be taken: while it falls, there is progress. */
  get pending(): number {
    return this.peers.pending
  }

  connect(connection: Connection): void {
    const peer = new Peer(connection, this.peerEvents(this.parts.version))
    this.peers.add(peer)
    peer.listen()
    if (this.peers.size > MAX_CONNECTIONS) {
      peer.refuse({ code: RefusalCode.full, message: `${MAX_CONNECTIONS} connections are open, no more are taken` })
      return
    }
    this.parts.after(GREETING_MS, () => {
      if (peer.state === "greeting") peer.refuse({ code: RefusalCode.protocol, message: "no hello came" })
    })
  }

  /** The session is to end, whatever else was meant to run in it. */
  get isDoomed(): boolean {
    return this.doomed
  }

  /** The command has ended and the session stays: who waits for the command is told, and everybody sees it. */
  outlive(command: ReadonlyArray<string>, status: ExitStatus): void {
    this.flush()
    const { model } = this.parts
    this.command = { status, offset: model.offset() }
    for (const peer of this.peers.list()) {
      if (peer.state === "live" && peer.awaitsCommand) tellEnd(peer, model, this.command)
    }
    this.show(model.leave())
    this.show(Buffer.from(announcement(command, status)))
  }

  /** Something that no program has written. */
  show(bytes: Buffer): void {
    if (bytes.length > 0) this.onData(bytes)
  }

  /** Tells everybody how the program ended, those who come later too. */
  end(status: ExitStatus): void {
    this.flush()
    this.status = status
    this.command ??= { status, offset: this.parts.model.offset() }
    for (const peer of this.peers.list()) {
      this.histories.finish(peer)
      if (peer.state === "lagging") this.screens.restore(peer)
      if (peer.state === "live" || peer.state === "lagging") this.sayEnd(peer, status)
    }
  }

  /**
   * Hangs up. Who stays after the grace is killed. With a signal that is for what runs, and the session may go on after
   * it: then it is for the command, and not for the shell that follows.
   */
  kill(graceMs: number, signal?: EndSignal): void {
    const { after, program } = this.parts
    const isOver = () => (signal === undefined ? this.status : this.command) !== undefined
    if (isOver()) return
    if (signal === undefined) {
      this.doomed = true
      after(AWAIT_KILLED_MS, () => this.seen())
    }
    program.signal(signal ?? "SIGHUP")
    after(graceMs, () => {
      if (!isOver()) program.signal("SIGKILL")
    })
  }

  /** Drops who is left. */
  destroy(): void {
    for (const peer of this.peers.list()) peer.connection.destroy()
  }

  private readonly peerEvents = (version: string): PeerEvents => ({
    version,
    onHello: (peer, hello) => this.admit(peer, hello),
    onInput: (peer, bytes) => {
      this.active = this.parts.now()
      if (peer.hello!.role === "attach") {
        this.lead(peer)
        this.answers.typed(bytes)
      }
      this.input.push(peer.input, bytes)
    },
    onResize: (peer, size) => this.sizes.changed(peer, size),
    onKill: (graceMs, signal) => this.kill(graceMs, signal),
    onHistory: (peer, ansi) => {
      if (peer.hello!.role !== "query") return
      if (this.histories.has(peer)) return peer.broken("a second history before the end of the first")
      this.histories.send(peer, this.parts.model.history({ ansi }))
    },
    onDetachAll: (reason) => {
      for (const peer of this.peers.list()) if (peer.shows) peer.dismiss(reason)
    },
    onDrain: (peer) => {
      if (peer.state === "lagging") {
        peer.state = "live"
        this.flush()
        this.screens.restore(peer)
      }
      this.flow.release(peer)
      this.histories.goOn(peer)
    },
    onGone: (peer) => this.forget(peer)
  })

  /** Answers a hello. From the first byte sent to the last line here nothing else may come in between. */
  private admit(peer: Peer, hello: Hello): void {
    const { born, model } = this.parts
    const meant = peer.awaitsCommand ? hello.command!.session : hello.resume?.only ? hello.resume.session : born.id
    if (meant !== born.id) {
      return peer.refuse({ code: RefusalCode.session, message: "this is another session of that name" })
    }
    this.flush()
    const resume = hello.resume?.session === born.id ? hello.resume : undefined
    this.enter(peer, hello, resume?.input ?? 0)
    const gap = peer.shows && resume !== undefined ? model.since(resume.output) : undefined
    const { queued, received } = peer.input
    const welcome: Welcome = {
      protocol: PROTOCOL,
      sesh: this.parts.version,
      // Who attaches will see for himself, and should not wait for the system to be asked.
      info: peer.shows ? this.info : { ...this.info, ...this.foreground() },
      output: model.offset(),
      input: received,
      typed: received - queued,
      window: INPUT_WINDOW,
      restore: peer.shows && gap === undefined
    }
    peer.state = "live"
    peer.connection.send(FrameType.welcome, Control.welcome.encode(welcome))
    if (gap !== undefined) this.screens.again(peer, resume!.output, this.unseen ? gap : this.answers.silent(gap))
    else if (peer.shows) this.screens.restore(peer)
    if (gap !== undefined && resume!.redraw !== undefined) this.screens.picture(peer, resume!.redraw.placed)
    if (this.status !== undefined) this.sayEnd(peer, this.status)
    else if (this.command !== undefined && peer.awaitsCommand) tellEnd(peer, model, this.command)
    // Only who has made the session knows its id already.
    if (peer.awaitsCommand || (hello.role === "attach" && resume !== undefined)) this.seen()
  }

  /** It leads before the connection that its client had is dropped: the size does not go to and fro. */
  private enter(peer: Peer, hello: Hello, sent: number): void {
    const ghost = this.clients.enter(peer, hello, sent)
    ghost?.supersede()
    const owes = ghost !== undefined && ghost === this.peers.primary
    if (hello.role === "attach") {
      this.lead(peer)
      if (hello.agent !== undefined) this.parts.onAgent(hello.agent)
    }
    if (ghost !== undefined) this.forget(ghost)
    // What was asked of a connection that was dead: what is sent again of the output asks nothing.
    if (owes) this.answers.giveOwed()
  }

  /** The creator has come, or had its time. */
  private seen(): void {
    if (!this.unseen) return
    this.unseen = false
    this.answerForNobody()
    this.flow.creatorCame()
    this.parts.onSeen()
  }

  private sayEnd(peer: Peer, status: ExitStatus): void {
    if (peer.awaitsCommand) return tellEnd(peer, this.parts.model, this.command!)
    peer.connection.send(FrameType.exit, Control.exit.encode(status))
    peer.connection.end()
  }

  /** The client typed or came: the session has its size from here on. */
  private lead(peer: Peer): void {
    if (this.peers.lead(peer)) this.sizes.set(peer.size)
  }

  private forget(peer: Peer): void {
    this.flow.release(peer)
    this.histories.forget(peer)
    this.clients.leave(peer)
    if (!this.peers.drop(peer)) return
    this.sizes.set(this.peers.primary?.size)
    this.answerForNobody()
  }

  /** What was asked while somebody was there to answer. */
  private answerForNobody(): void {
    if (this.peers.primary === undefined && !this.unseen) this.answers.giveOwed()
  }

  private onData(bytes: Buffer): void {
    this.parts.model.append(bytes)
    if (this.batched === 0) setImmediate(() => this.flush())
    this.batch.push(bytes)
    this.batched += bytes.length
    if (this.batched >= BATCH_BYTES) this.flush()
    if (this.unseen && this.parts.model.offset() >= UNSEEN_BYTES) this.flow.awaitCreator()
  }

  /** Sends what has come since the last time, one frame a client. */
  private flush(): void {
    if (this.batched === 0) return
    // A creator that is about to attach gets everything raw, and answers it.
    const isHeard = this.peers.primary !== undefined || this.unseen
    const { answers, forOthers, forPrimary } = this.answers.filter(this.batch, isHeard)
    const offset = this.parts.model.offset() - this.batched
    this.batch = []
    this.batched = 0
    this.active = this.parts.now()
    for (const peer of this.peers.list()) {
      if (peer.state !== "live" || !peer.shows) continue
      this.screens.output(peer, offset, peer === this.peers.primary ? forPrimary : forOthers)
    }
    this.answers.give(answers)
  }
}
