/**
 * One attachment: between the session's connections, one after the other, and the user's terminal. Callbacks: this is
 * the byte path.
 */
import * as Option from "effect/Option"
import type { DetachKey } from "../../schema/DetachKey.ts"
import {
  Control,
  type EndSignal,
  type Hello,
  MAX_REASON_CHARACTERS,
  RESUMING,
  type ShownIn,
  type Welcome
} from "../../schema/protocol/Control.ts"
import { decodeOffset, FrameType } from "../../schema/protocol/Frame.ts"
import type { Size } from "../../schema/Session.ts"
import { cut } from "../../schema/Text.ts"
import { type AttachEnd, GivenUp, SessionRefused } from "../../services/AttachClient.ts"
import { type Connection, HIGH_WATER_BYTES } from "../../services/Connection.ts"
import { ProtocolViolated } from "../../services/ProtocolViolated.ts"
import type { OpenTty } from "../../services/Tty.ts"
import { Outbox } from "../connection/outbox.ts"
import { Display } from "./display.ts"
import { Fence } from "./fence.ts"
import { ENTER, KeyScanner } from "./keyScanner.ts"

/**
 * How long to wait for the rest of a key report: longer than a network tears one apart, shorter than a person notices.
 */
const REPORT_MS = 50

/**
 * Limit of kept input from a terminal. It is read even while the program reads nothing, else the detach key would wait
 * behind a paste. A pipe has no keys and can wait.
 */
const MAX_TYPED_BYTES = 8 * 1024 * 1024

/** Stops a reconnect, and ends watching. While attached it is input. */
export const CTRL_C: DetachKey = { byte: 0x03, code: "c".charCodeAt(0) }

export interface AttachmentParts {
  readonly role: "attach" | "watch"
  /** Undefined: no key detaches. */
  readonly key: DetachKey | undefined
  readonly inputIsTerminal: boolean
  readonly outputIsTerminal: boolean
  /** The terminal's size. */
  readonly size: Size
  readonly after: (ms: number, run: () => void) => void
  /** In milliseconds. */
  readonly now: () => number
  /** Called once. */
  readonly onEnd: (end: AttachEnd) => void
}

export class Attachment {
  /** Called when the user presses a key while there is no connection. */
  onKey: () => void = () => {}
  /** Called at Enter while the host wants a login. */
  onEnter: () => void = () => {}
  /**
   * The host has wanted a login since the connection was lost. Until there is another one, what is typed may be a
   * password: it is dropped.
   */
  private isDeaf = false
  private tty: OpenTty | undefined
  private connection: Connection | undefined
  private session: Pick<Welcome, "protocol" | "info"> | undefined
  private readonly display: Display
  private readonly outbox = new Outbox()
  private isPaused = false
  private inputEnded = false
  /** Nothing more comes from the terminal. */
  private isHungUp = false
  private ended = false
  /** More was typed without a connection than is kept. */
  private overflowed = false
  /** Counts input events, so that a timer knows whether one came since. */
  private turn = 0
  private readonly scanner: KeyScanner | undefined
  private readonly fence: Fence
  private onRest: (() => void) | undefined
  private readonly parts: AttachmentParts

  constructor(parts: AttachmentParts) {
    this.parts = parts
    this.fence = new Fence(parts.now)
    this.display = new Display({
      isTerminal: parts.outputIsTerminal,
      size: parts.size,
      onFull: () => this.connection?.pause(),
      onQuery: (bytes, from, to) => this.fence.onQuery(bytes, from, to),
      onReporting: () => this.fence.onReporting()
    })
    // Only a terminal has keys: input from a pipe is typed as it is.
    this.scanner = parts.inputIsTerminal
      ? new KeyScanner(parts.key === undefined ? [] : [parts.key], {
        hasKeyReports: () => this.display.hasKeyReports,
        onSequence: (bytes, from, to) => this.fence.onSequence(bytes, from, to)
      })
      : undefined
  }

  /** The attachment has ended: later events change nothing. */
  get hasEnded(): boolean {
    return this.ended
  }

  /** What was typed since the connection broke no longer fits. */
  get hasOverflowed(): boolean {
    return this.overflowed
  }

  /**
   * Bytes that reset the terminal, to the beginning of a line; and a last question, where answers and reports may be on
   * their way: see `settle`.
   */
  clean(): Buffer {
    this.display.hideNotice()
    this.tty?.resume()
    const clean = this.display.clean()
    return this.scanner === undefined || this.isHungUp ? clean : Buffer.concat([clean, this.fence.begin()])
  }

  /** A paste has begun and not ended. */
  get isPasting(): boolean {
    return this.scanner?.isPasting === true
  }

  /** How many times there was input. */
  get inputs(): number {
    return this.turn
  }

  /** The terminal has answered the last question, and the end of a paste has come: nothing more is for the session. */
  get isSettled(): boolean {
    return this.isHungUp || (this.fence.isPassed && !this.isPasting)
  }

  /** How long that may take, in milliseconds: what the terminal's answers took so far tells it. */
  get settlingMs(): number {
    return this.fence.patienceMs
  }

  /** Calls back on input after the end, which is dropped. Returns how to stop that. */
  onNextInput(run: () => void): () => void {
    this.onRest = run
    return () => {
      this.onRest = undefined
    }
  }

  /** Where the next connection can resume, for its `hello`. Undefined: it needs a restore. */
  resumePoint(): Hello["resume"] {
    const { session } = this
    const point = session && this.display.resumePoint(session.protocol.minor >= RESUMING)
    if (session === undefined || point === undefined) return undefined
    return { session: session.info.id, input: this.outbox.sentBytes, only: true, ...point }
  }

  /** Takes a welcomed connection; its output begins at `from` if there is no restore. False: input cannot resume. */
  join(connection: Connection, welcome: Welcome, from: number): boolean {
    this.display.hideNotice()
    this.display.begin(welcome.restore ? undefined : from)
    this.session = welcome
    this.connection = connection
    this.overflowed = false
    this.isDeaf = false
    if (this.display.isFull) connection.pause()
    const { input: received, typed, window } = welcome
    if (!this.outbox.open(connection.send, { received, typed, window })) return false
    this.settleInput()
    return true
  }

  /** The connection is gone, and another one may come: input is kept, and scanned for our keys. */
  disconnect(): void {
    this.connection = undefined
    this.outbox.close()
    this.settleInput()
  }

  /** Ends the connection; everything that was sent still arrives. */
  hangUp(): void {
    this.connection?.end()
  }

  /** The terminal is ready: shows the output that came before. */
  show(tty: OpenTty): void {
    this.tty = tty
    this.display.show(tty)
    if (!this.display.isFull) this.connection?.resume()
    this.settleInput()
  }

  /** The host wants a login. */
  lock(): void {
    this.isDeaf = true
  }

  /** Gives the terminal a screen on which others can ask something. */
  lend(title: string): void {
    this.display.lend(title)
  }

  /** Brings the program's modes back. */
  takeBack(): void {
    this.display.takeBack()
  }

  /** Shows a notice, while there is no connection. */
  showNotice(text: string): void {
    if (this.connection === undefined) this.display.showNotice(text)
  }

  /** Returns what is wrong with the frame, if anything: then the connection must end. */
  onFrame(type: number, payload: Buffer): ProtocolViolated | undefined {
    if (this.ended) return undefined
    switch (type) {
      case FrameType.output:
        return this.display.output(payload) ? undefined : new ProtocolViolated({ what: "output missing" })
      case FrameType.restore:
        return this.display.restore(payload) ? undefined : new ProtocolViolated({ what: "output missing" })
      case FrameType.ping:
        // Sent only as far as the daemon reads it.
        if (this.connection !== undefined && this.connection.pending() < HIGH_WATER_BYTES) {
          this.connection.send(FrameType.pong, payload)
        }
        return undefined
      case FrameType.ack:
        this.outbox.onAck(decodeOffset(payload) ?? 0)
        this.settleInput()
        return undefined
      case FrameType.exit: {
        const status = Option.getOrUndefined(Control.exit.decode(payload))
        this.end(
          status === undefined
            ? { _tag: "Lost", error: new ProtocolViolated({ what: "no status" }) }
            : { _tag: "Exited", status }
        )
        return undefined
      }
      case FrameType.detach: {
        const reason = Option.getOrUndefined(Control.detach.decode(payload))?.reason
        const told = reason === undefined ? {} : { reason: cut(reason, MAX_REASON_CHARACTERS) }
        this.end({ _tag: "Detached", by: "other", ...told })
        return undefined
      }
      case FrameType.error: {
        const words = Option.getOrUndefined(Control.error.decode(payload))?.message
        const told = words === undefined ? {} : { words: cut(words, MAX_REASON_CHARACTERS) }
        this.end({ _tag: "Lost", error: new SessionRefused(told) })
        return undefined
      }
      default:
        return undefined
    }
  }

  onInput(bytes: Buffer): void {
    this.turn++
    if (this.scanner === undefined) return this.type(bytes)
    const disconnected = this.tty !== undefined && this.connection === undefined
    const wasPasting = this.scanner.isPasting
    const isInterruptOurs = disconnected || this.parts.role === "watch"
    const ours = !isInterruptOurs ? [] : disconnected && this.isDeaf ? [CTRL_C, ENTER] : [CTRL_C]
    const { bytes: typed, isTyping, key } = this.scanner.push(bytes, ours)
    if (this.ended) {
      // In the paste an answer would be text: the question is asked again behind it.
      if (wasPasting && !this.scanner.isPasting) this.tty?.write(this.fence.again())
      return this.onRest?.()
    }
    this.type(typed)
    if (key === ENTER) this.onEnter()
    else if (key !== undefined) return disconnected ? this.giveUp() : this.detach("key")
    if (disconnected && isTyping) this.onKey()
    const { scanner, turn } = this
    if (!scanner.holds) return
    this.parts.after(REPORT_MS, () => {
      if (turn === this.turn) this.type(scanner.flush())
    })
  }

  onInputEnd(): void {
    this.isHungUp = true
    this.onRest?.()
    // A watching client has no input: its end does not detach.
    if (this.parts.role === "watch") return
    if (this.scanner !== undefined) this.type(this.scanner.flush())
    this.inputEnded = true
    this.settleInput()
  }

  onResize(size: Size): void {
    this.display.resize(size)
    this.tellSize(size)
  }

  /** Tells the session the size of a terminal that shows what it has shown. */
  tellSize(size: Size): void {
    this.connection?.send(FrameType.resize, Control.resize.encode(size))
  }

  /** Tells the session in which others it is shown here. */
  tellShownIn(shownIn: ShownIn): void {
    this.connection?.send(FrameType.shownIn, Control.shownIn.encode({ shownIn }))
  }

  /** The terminal accepts output again. */
  onDrain(): void {
    this.display.onDrain()
    this.connection?.resume()
  }

  onSignal(signal: EndSignal): void {
    if (signal === "SIGHUP") this.isHungUp = true
    // While others ask, Ctrl-C and Ctrl-\ are signals.
    if (signal === "SIGINT" && this.isDeaf) return this.giveUp()
    this.leave({ _tag: "Signal", signal })
  }

  /** Idempotent. */
  end(end: AttachEnd): void {
    if (this.ended) return
    this.ended = true
    this.parts.onEnd(end)
  }

  private giveUp(): void {
    this.end({ _tag: "Lost", error: new GivenUp() })
  }

  private detach(by: "key" | "end of input"): void {
    this.leave({ _tag: "Detached", by })
  }

  private leave(end: AttachEnd): void {
    if (!this.ended) this.connection?.send(FrameType.detach, Control.detach.encode({}))
    this.end(end)
  }

  private type(bytes: Buffer): void {
    if (this.ended || this.isDeaf || this.parts.role === "watch" || bytes.length === 0) return
    // After an overflow, input without a connection is read for our keys alone: kept input must not have a gap.
    if (this.connection === undefined && this.scanner !== undefined) {
      this.overflowed ||= this.outbox.waiting + bytes.length > MAX_TYPED_BYTES
      if (this.overflowed) return
    }
    this.outbox.push(bytes)
    this.settleInput()
  }

  /** Pauses the terminal while there is no room; detaches once the input has ended and all of it has arrived. */
  private settleInput(): void {
    if (this.tty === undefined) return
    const { maxUnacknowledged, waiting } = this.outbox
    const most = this.scanner === undefined ? maxUnacknowledged : MAX_TYPED_BYTES
    const isReadOn = this.scanner !== undefined && this.connection === undefined
    if (!this.isPaused && waiting >= most && !isReadOn) {
      this.isPaused = true
      this.tty.pause()
    } else if (this.isPaused && (waiting < most / 2 || isReadOn)) {
      this.isPaused = false
      this.tty.resume()
    }
    if (this.inputEnded && waiting === 0) this.detach("end of input")
  }
}
