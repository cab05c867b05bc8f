/** One attachment: a connection on one side, the user's terminal on the other. Callbacks: this is the byte path. */
import * as Option from "effect/Option"
import { Control } from "../../../schema/Control.ts"
import type { DetachKey } from "../../../schema/DetachKey.ts"
import { decodeOffset, encodeOffset, FrameType, OFFSET_BYTES, RESTORE_LAST } from "../../../schema/Frame.ts"
import type { Size } from "../../../schema/Session.ts"
import type { AttachEnd } from "../../../services/AttachClient.ts"
import type { Connection } from "../../../services/Connection.ts"
import type { OpenTty } from "../../../services/Tty.ts"
import { leave } from "../vt/leave.ts"
import { ModeTracker } from "../vt/modes.ts"
import { KeyScanner } from "./keyScanner.ts"

/** How long to wait for the rest of a key report: longer than a network tears one apart, shorter than a person notices. */
const REPORT_MS = 50

/** Longest input frame; a paste goes out as several. */
const INPUT_BYTES = 32 * 1024

/**
 * A terminal is read on while the program reads nothing, or the detach key would wait behind a paste. So much is kept;
 * a pipe has no keys and can wait.
 */
const MOST_TYPED = 8 * 1024 * 1024

const CTRL_C = 0x03

export interface AttachmentParts {
  readonly connection: Connection
  readonly role: "attach" | "watch"
  /** Undefined: no key detaches. */
  readonly key: DetachKey | undefined
  readonly inputIsTerminal: boolean
  /** Of the terminal. */
  readonly rows: number
  readonly after: (ms: number, run: () => void) => void
  /** Called once. */
  readonly onEnd: (end: AttachEnd) => void
}

export class Attachment {
  private tty: OpenTty | undefined
  private early: Array<Buffer> = []
  /** What was typed and not sent, and bytes: ever typed, sent, acknowledged. */
  private readonly unsent: Array<Buffer> = []
  private typed = 0
  private sent = 0
  private acked = 0
  private window = 0
  private holding = false
  private inputEnded = false
  private ended = false
  /** What the terminal was put into, so that it can be put back without anybody's help. */
  private readonly modes: ModeTracker
  private shown = false
  /** In the middle of a restore. */
  private restoring = false
  /** Counts what was typed, so that a timer knows whether anything came since. */
  private turn = 0
  private readonly scanner: KeyScanner | undefined
  private readonly parts: AttachmentParts

  constructor(parts: AttachmentParts) {
    this.parts = parts
    this.modes = new ModeTracker(parts.rows)
    // Only a person has keys: what a pipe brings is typed as it is.
    this.scanner = parts.key === undefined || !parts.inputIsTerminal ? undefined : new KeyScanner(parts.key)
  }

  /** What makes the terminal clean again, at the beginning of a line. */
  clean(): Buffer {
    return leave(this.modes)
  }

  /** The daemon has let us in: so many input bytes may be under way. */
  welcome(window: number): void {
    this.window = window
    this.settleInput()
  }

  /** The terminal is ready: shows what came before it was. */
  show(tty: OpenTty): void {
    this.tty = tty
    const early = this.early
    this.early = []
    for (const bytes of early) this.write(bytes)
    this.settleInput()
  }

  onFrame(type: number, payload: Buffer): void {
    switch (type) {
      case FrameType.output:
        return this.write(payload.subarray(OFFSET_BYTES))
      case FrameType.restore:
        return this.restore(payload)
      case FrameType.ack:
        this.acked = decodeOffset(payload) ?? this.acked
        return this.settleInput()
      case FrameType.exit: {
        const status = Option.getOrUndefined(Control.exit.decode(payload))
        return this.end(
          status === undefined ? { _tag: "Lost", reason: "it ended without a status" } : { _tag: "Exited", status }
        )
      }
      case FrameType.detach: {
        const reason = Option.getOrUndefined(Control.detach.decode(payload))?.reason
        return this.end({ _tag: "Detached", by: "other", ...(reason === undefined ? {} : { reason }) })
      }
      case FrameType.error: {
        const refusal = Option.getOrUndefined(Control.error.decode(payload))
        return this.end({ _tag: "Lost", reason: refusal?.message ?? "it hung up on us" })
      }
      default:
        return
    }
  }

  onClose(reason: string | undefined): void {
    this.end({ _tag: "Lost", reason: reason ?? "its process is gone" })
  }

  onInput(bytes: Buffer): void {
    if (this.scanner === undefined) return this.type(bytes)
    const { bytes: typed, detach } = this.scanner.push(bytes)
    this.type(typed)
    if (detach) return this.detach("key")
    if (this.parts.role === "watch" && typed.includes(CTRL_C)) return this.detach("key")
    const turn = ++this.turn
    const { scanner } = this
    if (!scanner.holds) return
    this.parts.after(REPORT_MS, () => {
      if (turn === this.turn) this.type(scanner.flush())
    })
  }

  onInputEnd(): void {
    // Who only watches has nothing to say: an empty input is not a wish to go.
    if (this.parts.role === "watch") return
    if (this.scanner !== undefined) this.type(this.scanner.flush())
    this.inputEnded = true
    this.settleInput()
  }

  onResize(size: Size): void {
    this.modes.resize(size.rows)
    this.parts.connection.send(FrameType.resize, Control.resize.encode(size))
  }

  /** The terminal takes output again. */
  onDrain(): void {
    this.parts.connection.resume()
  }

  onSignal(signal: "SIGINT" | "SIGTERM" | "SIGHUP"): void {
    this.leave({ _tag: "Signal", signal })
  }

  private detach(by: "key" | "end of input"): void {
    this.leave({ _tag: "Detached", by })
  }

  private leave(end: AttachEnd): void {
    if (!this.ended) this.parts.connection.send(FrameType.detach, Control.detach.encode({}))
    this.end(end)
  }

  private end(end: AttachEnd): void {
    if (this.ended) return
    this.ended = true
    this.parts.onEnd(end)
  }

  /** A restore wants a clean terminal: one that has shown the session before is cleaned first. */
  private restore(payload: Buffer): void {
    if (!this.restoring && this.shown) this.write(this.clean())
    this.restoring = (payload[OFFSET_BYTES]! & RESTORE_LAST) === 0
    this.write(payload.subarray(OFFSET_BYTES + 1))
  }

  private write(bytes: Buffer): void {
    if (bytes.length === 0 || this.ended) return
    this.shown = true
    this.modes.push(bytes)
    if (this.tty === undefined) this.early.push(bytes)
    else if (!this.tty.write(bytes)) this.parts.connection.pause()
  }

  private type(bytes: Buffer): void {
    if (this.ended || this.parts.role === "watch") return
    for (let at = 0; at < bytes.length; at += INPUT_BYTES) this.unsent.push(bytes.subarray(at, at + INPUT_BYTES))
    this.typed += bytes.length
    this.settleInput()
  }

  /** Sends what the window allows, and leaves once all of an ended input has arrived. */
  private settleInput(): void {
    if (this.tty === undefined || this.window === 0) return
    while (this.unsent.length > 0 && this.sent - this.acked < this.window / 2) {
      const piece = this.unsent.shift()!
      this.parts.connection.send(FrameType.input, encodeOffset(this.sent), piece)
      this.sent += piece.length
    }
    const waiting = this.typed - this.acked
    const most = this.scanner === undefined ? this.window / 2 : MOST_TYPED
    if (!this.holding && waiting >= most) {
      this.holding = true
      this.tty.pause()
    } else if (this.holding && waiting < most / 2) {
      this.holding = false
      this.tty.resume()
    }
    if (this.inputEnded && waiting === 0) this.detach("end of input")
  }
}
