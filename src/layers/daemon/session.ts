/** A running session: one program, its scrollback, and its clients. Callbacks: this is the byte path. */
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
import type { Foreground } from "../../services/Pty.ts"
import { Agents } from "./agents.ts"
import { Broadcast } from "./broadcast.ts"
import { ClientInputs } from "./clientInputs.ts"
import { announcement } from "./commandEnd.ts"
import { CreatorWait } from "./creatorWait.ts"
import { FlowControl } from "./flowControl.ts"
import { foregroundInfo } from "./foregroundInfo.ts"
import { Grace } from "./grace.ts"
import { Handshakes } from "./handshakes.ts"
import { HistoryTransfers } from "./historyTransfers.ts"
import { InputQueue } from "./inputQueue.ts"
import { OpenPaste } from "./openPaste.ts"
import { OutputBatch } from "./outputBatch.ts"
import { OwedOutput } from "./owedOutput.ts"
import { INPUT_WINDOW_BYTES, Peer, type PeerEvents } from "./peer.ts"
import { Peers } from "./peers.ts"
import { MAX_OF_KIND, Places } from "./places.ts"
import { QueryRouting } from "./queryRouting.ts"
import { SessionEnd } from "./sessionEnd.ts"
import type { SessionOptions } from "./sessionOptions.ts"
import { ShownIn } from "./shownIn.ts"
import { Unread } from "./unread.ts"
import { WindowSize } from "./windowSize.ts"

/** The mode in which a terminal marks pastes (xterm ctlseqs). */
const BRACKETED_PASTE = 2004

export class Session {
  private readonly peers = new Peers()
  private readonly agents: Agents
  private active: number
  private killed = false
  private readonly clientInputs = new ClientInputs()
  private readonly flowControl: FlowControl
  private readonly broadcast: Broadcast
  private readonly windowSize: WindowSize
  private readonly inputQueue: InputQueue
  private readonly historyTransfers: HistoryTransfers
  private readonly places: Places
  private readonly handshakes: Handshakes
  /** After a kill without and with a signal. */
  private readonly graces: { readonly session: Grace; readonly command: Grace }
  private readonly queryRouting: QueryRouting
  private readonly openPaste: OpenPaste
  private readonly outputBatch: OutputBatch
  private readonly creatorWait: CreatorWait
  private readonly sessionEnd: SessionEnd
  readonly owedOutput: OwedOutput
  private readonly shownIn: ShownIn
  private readonly options: SessionOptions

  constructor(options: SessionOptions) {
    this.options = options
    this.active = options.initialInfo.created
    this.sessionEnd = new SessionEnd(options.model)
    this.owedOutput = new OwedOutput(options.model, this.sessionEnd)
    this.shownIn = new ShownIn(options.initialInfo.id, this.peers)
    this.agents = new Agents(this.peers, options.onAgents)
    this.flowControl = new FlowControl(options.program, options.after)
    options.model.listen((isBehind) => this.flowControl.setModelBehind(isBehind))
    this.broadcast = new Broadcast(options.model, this.flowControl, new Unread(this.peers, options.after))
    this.historyTransfers = new HistoryTransfers(options.after)
    this.handshakes = new Handshakes(this.peers, options)
    this.places = new Places(this.peers, { ...options, isBusy: (peer) => this.historyTransfers.has(peer) })
    const graceOver = (isOver: () => boolean) =>
      new Grace({ ...options, run: () => isOver() || options.program.signal("SIGKILL") })
    this.graces = {
      session: graceOver(() => this.sessionEnd.isOver),
      command: graceOver(() => this.sessionEnd.isCommandOver)
    }
    this.windowSize = new WindowSize(options.initialInfo.size, {
      ...options,
      peers: this.peers,
      broadcast: this.broadcast,
      flush: () => this.outputBatch.flush()
    })
    this.inputQueue = new InputQueue(options.program)
    this.openPaste = new OpenPaste(() => options.model.report().mode(BRACKETED_PASTE, "private") === true)
    this.queryRouting = new QueryRouting({
      responder: options.responder,
      rows: () => this.windowSize.current.rows,
      inputQueue: this.inputQueue,
      isOver: () => this.sessionEnd.isOver,
      primary: () => this.peers.primary,
      isCreatorAwaited: () => this.creatorWait.isAwaited,
      after: options.after
    })
    this.outputBatch = new OutputBatch({
      model: options.model,
      peers: this.peers,
      broadcast: this.broadcast,
      onFlush: () => {
        this.active = options.date()
      }
    })
    this.creatorWait = new CreatorWait({
      awaited: options.awaited,
      flowControl: this.flowControl,
      after: options.after,
      onEnd: () => this.onCreatorWaitEnd()
    })
    options.program.listen({
      onData: (bytes) => this.onData(bytes),
      onDrain: () => this.inputQueue.drain(),
      onExit: (status) => options.onExit(status)
    })
  }

  get info(): SessionInfo {
    return {
      ...this.options.initialInfo,
      pid: this.options.program.pid,
      tty: this.options.program.tty,
      size: this.windowSize.current,
      active: this.active,
      clients: this.peers.infos
    }
  }

  /** Number of open connections. */
  get open(): number {
    return this.peers.size
  }

  /** Bytes that clients have not read yet: while this falls, there is progress. */
  get pending(): number {
    return this.peers.pending
  }

  /** `scarce`: the process can open few files more. */
  connect(connection: Connection, scarce = false): void {
    const peer = new Peer(connection, this.peerEvents(this.options.version))
    this.peers.add(peer)
    peer.listen()
    this.places.make(scarce)
    this.handshakes.watch()
  }

  /** Killed without a signal: the session ends, also where a shell would follow the command. */
  get isKilled(): boolean {
    return this.killed
  }

  /**
   * The command has ended and the session goes on: tells the clients that wait for the command, and shows it to all.
   */
  outlive(command: ReadonlyArray<string>, status: ExitStatus): void {
    this.outputBatch.flush()
    this.sessionEnd.endCommand(status)
    for (const peer of this.peers.list()) if (peer.state === "live") this.sessionEnd.tell(peer)
    this.show(this.options.model.leave())
    this.show(Buffer.from(announcement(command, status)))
  }

  /** Shows text of the daemon's own, as if the program had written it. */
  show(bytes: Buffer): void {
    if (bytes.length > 0) this.onData(bytes)
  }

  /** Tells all clients how the program ended, those too that connect later. */
  end(status: ExitStatus): void {
    this.outputBatch.flush()
    this.sessionEnd.endSession(status)
    for (const peer of this.peers.list()) {
      if (peer.state !== "lagging") continue
      peer.state = "live"
      this.broadcast.restore(peer, true, true)
    }
    this.historyTransfers.beginAll()
    this.options.model.settle()
    for (const peer of this.peers.list()) {
      this.historyTransfers.finish(peer)
      if (peer.state === "live") this.sessionEnd.tell(peer)
    }
  }

  /**
   * Without a signal: hangs up the terminal, which ends the session; what is left after the grace gets SIGKILL. With a
   * signal: sends that to what runs, and SIGKILL after the grace. A kept session goes on after it: both signals are for
   * the command, not for the shell that follows.
   */
  kill(graceMs: number, signal?: EndSignal): void {
    const { program } = this.options
    const isOver = () => signal === undefined ? this.sessionEnd.isOver : this.sessionEnd.isCommandOver
    if (isOver()) return
    if (signal === undefined) {
      this.killed = true
      this.creatorWait.shorten()
    }
    program.signal(signal ?? "SIGHUP")
    const grace = signal === undefined ? this.graces.session : this.graces.command
    grace.begin(graceMs)
  }

  /** Drops all connections. */
  destroy(): void {
    for (const peer of this.peers.list()) peer.connection.destroy()
  }

  private readonly peerEvents = (version: string): PeerEvents => ({
    version,
    now: this.options.now,
    onHello: (peer, hello) => this.onHello(peer, hello),
    hasRoom: (input, bytes) => this.inputQueue.hasRoom(input, bytes),
    onInput: (peer, bytes) => {
      this.active = this.options.date()
      const typed = peer.hello!.role === "attach" ? this.queryRouting.typed(peer, bytes) : undefined
      if (typed?.isTyping === true && this.makePrimary(peer)) this.agents.settle()
      const marked = this.openPaste.marked(peer.input, typed?.bytes ?? bytes, typed?.isPasting === true)
      this.inputQueue.push(peer.input, marked, bytes.length)
      this.options.model.expectEcho()
    },
    onResize: (peer, size) => this.windowSize.onResize(peer, size),
    onKill: (graceMs, signal) => this.kill(graceMs, signal),
    onHistory: (peer, ansi) => {
      if (peer.hello!.role !== "query") return
      if (this.historyTransfers.has(peer)) return peer.refuseProtocol("a second history before the end of the first")
      this.historyTransfers.request(peer, (then) => this.options.model.inSlices({ kind: "history", ansi }, then))
    },
    onShownIn: (peer, ids) => this.shownIn.onNews(peer, ids),
    onAgent: () => this.agents.onNew(),
    onPong: (peer) => this.queryRouting.onPong(peer),
    onDetachAll: (reason) => {
      for (const peer of this.peers.list()) if (peer.seesOutput) peer.detach(reason)
    },
    onDone: (peer) => this.owedOutput.onDone(peer),
    onDrain: (peer) => {
      if (peer.state === "lagging") {
        peer.state = "live"
        this.outputBatch.flush()
        this.broadcast.restore(peer)
      }
      this.flowControl.release(peer)
      this.historyTransfers.sendMore(peer)
    },
    onEnd: (peer) => this.places.onEnd(peer.connection),
    onGone: (peer) => this.remove(peer),
    onClosed: (peer) => this.places.onClosed(peer.connection)
  })

  private onHello(peer: Peer, hello: Hello): void {
    // The others are not told the foreground, and so need not wait for the system.
    if (hello.role !== "query") return this.admit(peer, hello)
    let isAnswered = false
    this.options.program.foreground((now) =>
      this.places.awaitRoom(peer, () => {
        isAnswered = true
        // The client may have left meanwhile.
        if (peer.state !== "handshake") return
        this.admit(peer, hello, now)
        peer.hear("answer")
      })
    )
    // What it asks next is handled after the answer to its hello.
    if (!isAnswered) peer.hold("answer")
  }

  /** Answers a hello. Synchronous: no other frame may come between those sent here. */
  private admit(peer: Peer, hello: Hello, foreground: Foreground = {}): void {
    const { initialInfo, model } = this.options
    const wanted = peer.awaitsCommand
      ? hello.command!.session
      : hello.resume?.only
      ? hello.resume.session
      : initialInfo.id
    if (wanted !== initialInfo.id) {
      return peer.refuse({ code: RefusalCode.session, message: "this is another session of that name" })
    }
    if (this.shownIn.refuses(peer, hello)) return
    if (!this.places.hasRoom(peer)) {
      return peer.refuse({ code: RefusalCode.full, message: `${MAX_OF_KIND} connections are open, no more are taken` })
    }
    this.outputBatch.flush()
    const resume = hello.resume?.session === initialInfo.id ? hello.resume : undefined
    this.register(peer, hello, resume?.input ?? 0)
    const gap = peer.seesOutput && resume !== undefined ? model.since(resume.output) : undefined
    const { queued, received } = peer.input
    const welcome: Welcome = {
      protocol: PROTOCOL,
      sesh: this.options.version,
      info: { ...this.info, ...foregroundInfo(foreground) },
      output: model.offset(),
      input: received,
      typed: received - queued,
      window: INPUT_WINDOW_BYTES,
      restore: peer.seesOutput && gap === undefined,
      ...this.shownIn.welcome(hello)
    }
    peer.state = "live"
    peer.connection.send(FrameType.welcome, Control.welcome.encode(welcome))
    if (gap !== undefined) {
      this.broadcast.resend(
        peer,
        resume!.output,
        this.creatorWait.isAwaited ? this.queryRouting.forCreator(gap) : this.queryRouting.withoutQueries(gap)
      )
    } else if (peer.seesOutput) this.broadcast.restore(peer)
    if (gap !== undefined && resume!.redraw !== undefined) this.broadcast.redraw(peer, resume!.redraw.placed)
    else if (gap !== undefined && !this.windowSize.fits(peer)) this.broadcast.restore(peer, false)
    if (this.sessionEnd.isOver) model.settle()
    this.owedOutput.add(peer)
    this.sessionEnd.tell(peer)
    // Only the creator knows the session's id already.
    if (this.creatorWait.isAwaited && hello.role === "attach" && resume !== undefined) this.queryRouting.onCreator(peer)
    if (peer.awaitsCommand || (hello.role === "attach" && resume !== undefined)) this.creatorWait.end()
  }

  /** Makes the peer primary before its client's previous connection is dropped, so that the size changes only once. */
  private register(peer: Peer, hello: Hello, sent: number): void {
    const previous = this.clientInputs.connect(peer, hello, sent)
    this.inputQueue.return(peer.input)
    if (peer.seesOutput) peer.shownIn = hello.shownIn ?? []
    previous?.supersede()
    const wasPrimary = previous !== undefined && previous === this.peers.primary
    peer.takeAgent(hello.agent)
    if (hello.role === "attach") this.makePrimary(peer, peer.input.led > 0)
    if (previous !== undefined) this.remove(previous)
    this.shownIn.tell()
    if (peer.agent !== undefined) this.agents.onNew()
    // Queries that went to a dead connection: in output that is sent again, they are blanked.
    if (wasPrimary) this.queryRouting.replyFor(peer)
  }

  private onCreatorWaitEnd(): void {
    this.queryRouting.replyFor(undefined)
    this.flowControl.endCreatorWait()
    this.options.onCreatorWaitEnd()
  }

  /** The client typed or attached: the session has its size now. `isBack`: only if it still leads. True: it is new. */
  private makePrimary(peer: Peer, isBack = false): boolean {
    if (peer !== this.peers.primary) this.outputBatch.flush()
    const isNew = isBack ? this.peers.return(peer) : this.peers.makePrimary(peer)
    if (isNew) this.windowSize.set(peer.size)
    return isNew
  }

  private remove(peer: Peer): void {
    this.flowControl.release(peer)
    this.historyTransfers.cancel(peer)
    this.broadcast.cancel(peer)
    this.clientInputs.disconnect(peer)
    if (peer.input.peer === undefined) this.inputQueue.leave(peer.input)
    if (peer === this.peers.primary) this.outputBatch.flush()
    // What its terminal was asked, no other one is. Where the client has another connection, `register` does it.
    if (peer.input.peer === undefined && peer.hello?.role === "attach") this.queryRouting.replyFor(peer)
    const wasPrimary = this.peers.remove(peer)
    this.shownIn.tell()
    this.agents.settle()
    if (wasPrimary) this.windowSize.set(this.peers.primary?.size)
  }

  private onData(bytes: Buffer): void {
    let appended = 0
    const appendUpTo = (end: number) => {
      if (end <= appended) return
      this.options.model.append(bytes.subarray(appended, end))
      appended = end
    }
    const filtered = this.queryRouting.filter(bytes, appendUpTo)
    appendUpTo(bytes.length)
    this.outputBatch.push(filtered)
    this.queryRouting.sendReplies(filtered.replies)
    this.creatorWait.onOutput(this.options.model.offset())
  }
}
