/** The user's terminal, or a file, and which bytes of the session's output it has been shown, by their offset. */
import type { Hello } from "../../schema/protocol/Control.ts"
import { decodeOffset, OFFSET_BYTES, RESTORE_LAST, RESTORE_OVER } from "../../schema/protocol/Frame.ts"
import type { Size } from "../../schema/Session.ts"
import { visible } from "../../schema/Text.ts"
import type { OpenTty } from "../../services/Tty.ts"
import { enterAgain } from "../vt/enter.ts"
import { leave, undo } from "../vt/leave.ts"
import { ModeTracker } from "../vt/modes.ts"
import { incomplete } from "../vt/utf8.ts"
import { noNotice, notice } from "./notice.ts"

/** Cancels an unfinished sequence. */
const CAN = Buffer.from([0x18])

/** Synchronized output: terminals that support it show nothing until the redraw is whole, which ends it. */
const HOLD = "\x1b[?2026h"

/** The alternate screen, empty; and back (xterm ctlseqs, DECSET 1049: saves and restores the cursor). */
const APART = "\x1b[?1049h\x1b[H\x1b[2J"
const BACK = "\x1b[?1049l"

/** Bytes that are kept until the terminal is ready, which may take as long as it takes to bring files to a host. */
const MAX_EARLY_BYTES = 1024 * 1024

/** Bytes of an unfinished character: the longest has four. */
const TAIL_BYTES = 3

export interface DisplayParts {
  readonly isTerminal: boolean
  readonly size: Size
  /** The terminal accepts no more for now. */
  readonly onFull: () => void
  /** Output makes the terminal answer. */
  readonly onQuery: (bytes: Buffer, from: number, to: number) => void
  /** The terminal reports by itself what its user does, or did until now. */
  readonly onReporting: () => void
}

export class Display {
  private tty: OpenTty | undefined
  private early: Array<Buffer> = []
  private earlyBytes = 0
  private size: Size
  private full = false
  /** Modes that the output has set, so that we can reset them without the session. */
  private readonly modes: ModeTracker
  /** The last bytes shown. */
  private tail: Buffer = Buffer.alloc(0)
  private shown = false
  /** Offset of the first output byte that was not shown; undefined before any output. */
  private next: number | undefined
  /** In the middle of a restore. */
  private restoring = false
  /** Rows are where the session has them. */
  private placed = false
  /** A notice is on the terminal, or has been, since the last restore. */
  private noticed = false
  private isNoticeShown = false
  private readonly parts: DisplayParts

  constructor(parts: DisplayParts) {
    this.parts = parts
    this.size = parts.size
    this.modes = new ModeTracker(parts.size.rows, parts.onQuery)
  }

  /** The terminal is ready: shows the output that came before. */
  show(tty: OpenTty): void {
    this.tty = tty
    const { early } = this
    this.early = []
    this.earlyBytes = 0
    this.full = false
    for (const bytes of early) this.put(bytes)
  }

  /** The terminal accepts nothing now. */
  get isFull(): boolean {
    return this.full
  }

  onDrain(): void {
    this.full = false
  }

  /** The terminal reports keys by sequences, as far as the output says. */
  get hasKeyReports(): boolean {
    return this.modes.hasKeyReports
  }

  resize(size: Size): void {
    this.size = size
    // The terminal wraps lines again in its own way, and may show lines of its scrollback, also the user's own.
    this.placed = false
    this.modes.resize(size.rows)
  }

  /** Bytes that reset the terminal, to the beginning of a line. */
  clean(): Buffer {
    this.noteReporting()
    return leave(this.modes)
  }

  /** Output resumes at `offset`; undefined: a restore comes first. */
  begin(offset: number | undefined): void {
    this.next = offset
    this.restoring = false
  }

  /**
   * Where the next connection can resume. Undefined: it needs a restore. `canRedraw`: the daemon can send a redraw over
   * what is shown.
   */
  resumePoint(canRedraw: boolean): Pick<NonNullable<Hello["resume"]>, "output" | "redraw"> | undefined {
    if (this.next === undefined || this.restoring) return undefined
    if (!this.noticed) return { output: this.next }
    return canRedraw ? { output: this.next, redraw: { placed: this.placed } } : undefined
  }

  /** Shows output, but not again what was shown already. False: output before this is missing. */
  output(payload: Buffer): boolean {
    const offset = decodeOffset(payload)
    if (offset === undefined) return false
    const next = this.next ?? offset
    if (offset > next || this.restoring) return false
    const end = offset + payload.length - OFFSET_BYTES
    if (end <= next) return true
    this.next = end
    this.write(payload.subarray(OFFSET_BYTES + next - offset))
    return true
  }

  /** Shows a restore. Resets a terminal that has shown the session before. False: the payload is not valid. */
  restore(payload: Buffer): boolean {
    const offset = decodeOffset(payload)
    const flags = payload[OFFSET_BYTES]
    if (offset === undefined || flags === undefined) return false
    if (!this.restoring) {
      if ((flags & RESTORE_OVER) !== 0) {
        // An ESC would end an unfinished string as if it were whole.
        if (!this.modes.grounded) this.write(CAN)
        this.write(Buffer.from(HOLD + undo(this.modes)))
      } else if (this.shown) this.write(this.clean())
    }
    this.restoring = (flags & RESTORE_LAST) === 0
    this.write(payload.subarray(OFFSET_BYTES + 1))
    if (this.restoring) return true
    this.next = offset
    this.placed = true
    this.noticed = false
    return true
  }

  /** Shows a notice on the terminal's last row, instead of the last notice. Not on a terminal that is full. */
  showNotice(text: string): void {
    if (!this.parts.isTerminal || this.tty === undefined || this.full) return
    this.breakOff()
    this.noticed = true
    this.isNoticeShown = true
    this.put(notice(this.size, this.modes, text))
  }

  /** Removes the notice. */
  hideNotice(): void {
    if (!this.isNoticeShown) return
    this.isNoticeShown = false
    this.put(noNotice(this.size, this.modes))
  }

  /**
   * Makes room for somebody who asks on the terminal: an empty screen, where rows of the session's do not move, without
   * the program's modes. The session redraws what was there.
   */
  lend(title: string): void {
    if (!this.parts.isTerminal) return
    this.breakOff()
    this.hideNotice()
    this.noticed = true
    this.put(Buffer.from(`${undo(this.modes)}${APART}${visible(title)}\r\n`))
  }

  /** Sets them again. */
  takeBack(): void {
    if (this.parts.isTerminal) this.put(Buffer.from(BACK + enterAgain(this.modes)))
  }

  /** Cancels an unfinished sequence or character; it will be resent from its first byte. */
  private breakOff(): void {
    const begun = this.modes.grounded ? incomplete(this.tail) : this.modes.pendingBytes
    this.tail = Buffer.alloc(0)
    if (!this.modes.grounded) {
      this.modes.push(CAN)
      this.put(CAN)
    }
    if (this.next !== undefined) this.next = Math.max(0, this.next - begun)
  }

  private write(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.shown = true
    this.modes.push(bytes)
    this.noteReporting()
    const last = bytes.subarray(-TAIL_BYTES)
    this.tail = last.length === TAIL_BYTES ? Buffer.from(last) : Buffer.concat([this.tail, last]).subarray(-TAIL_BYTES)
    this.put(bytes)
  }

  private noteReporting(): void {
    if (this.modes.wasReporting()) this.parts.onReporting()
  }

  private put(bytes: Buffer): void {
    if (this.tty === undefined) {
      this.early.push(bytes)
      this.earlyBytes += bytes.length
    }
    const isTaken = this.tty === undefined ? this.earlyBytes <= MAX_EARLY_BYTES : this.tty.write(bytes)
    if (isTaken || this.full) return
    this.full = true
    this.parts.onFull()
  }
}
