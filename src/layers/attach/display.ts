/** The user's terminal, or file, and what it has been shown of a session: byte for byte, by the offset of each. */
import type { Hello } from "../../schema/protocol/Control.ts"
import { decodeOffset, OFFSET_BYTES, RESTORE_LAST, RESTORE_OVER } from "../../schema/protocol/Frame.ts"
import type { Size } from "../../schema/Session.ts"
import type { OpenTty } from "../../services/Tty.ts"
import { leave, undo } from "../vt/leave.ts"
import { ModeTracker } from "../vt/modes.ts"
import { incomplete } from "../vt/utf8.ts"
import { noNotice, notice } from "./notice.ts"

/** Breaks off a sequence that has begun. */
const CAN = Buffer.from([0x18])

/** Nothing is shown until it is whole, in terminals that can (synchronized output); a picture ends it. */
const HOLD = "\x1b[?2026h"

/** More than a character has, less one. */
const TAIL_BYTES = 3

export interface DisplayParts {
  readonly isTerminal: boolean
  readonly size: Size
  /** It takes no more for now. */
  readonly onFull: () => void
}

export class Display {
  private tty: OpenTty | undefined
  private early: Array<Buffer> = []
  private size: Size
  private full = false
  /** What the terminal was put into, so that it can be put back without anybody's help. */
  private readonly modes: ModeTracker
  /** The last bytes shown. */
  private tail: Buffer = Buffer.alloc(0)
  private shown = false
  /** Offset of the first output byte that was not shown; undefined before the first. */
  private next: number | undefined
  /** In the middle of a restore. */
  private restoring = false
  /** Rows are where the session has them. */
  private placed = false
  /** Something of ours stands on the terminal, or has stood there. */
  private noticed = false
  private isNoticeShown = false
  private readonly parts: DisplayParts

  constructor(parts: DisplayParts) {
    this.parts = parts
    this.size = parts.size
    this.modes = new ModeTracker(parts.size.rows)
  }

  /** The terminal is ready: shows what came before it was. */
  show(tty: OpenTty): void {
    this.tty = tty
    const { early } = this
    this.early = []
    for (const bytes of early) this.put(bytes)
  }

  /** It takes nothing now. */
  get isFull(): boolean {
    return this.full
  }

  onDrain(): void {
    this.full = false
  }

  resize(size: Size): void {
    this.size = size
    // It wraps lines anew in its own way, and may bring some back from its scrollback, the user's own among them.
    this.placed = false
    this.modes.resize(size.rows)
  }

  /** What makes the terminal clean again, at the beginning of a line. */
  clean(): Buffer {
    return leave(this.modes)
  }

  /** Output goes on from here; undefined: behind the restore that is to come. */
  begin(offset: number | undefined): void {
    this.next = offset
    this.restoring = false
  }

  /**
   * Where to go on, should the connection die. Undefined: it takes a restore. `canRedraw`: the daemon can send a
   * picture over what there is.
   */
  resumePoint(canRedraw: boolean): Pick<NonNullable<Hello["resume"]>, "output" | "redraw"> | undefined {
    if (this.next === undefined || this.restoring) return undefined
    if (!this.noticed) return { output: this.next }
    return canRedraw ? { output: this.next, redraw: { placed: this.placed } } : undefined
  }

  /** False: there is output that we were not sent. What we have had already is not shown again. */
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

  /**
   * A restore wants a clean terminal: one that has shown the session before is cleaned first. False: it makes no sense.
   */
  restore(payload: Buffer): boolean {
    const offset = decodeOffset(payload)
    const flags = payload[OFFSET_BYTES]
    if (offset === undefined || flags === undefined) return false
    if (!this.restoring) {
      if ((flags & RESTORE_OVER) !== 0) {
        // An ESC would end a string that has begun, as if it were whole.
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

  /**
   * Shows a line of ours on the terminal's last row, or another one instead. A terminal that takes nothing is not told.
   */
  showNotice(text: string): void {
    if (!this.parts.isTerminal || this.tty === undefined || this.full) return
    this.breakOff()
    this.noticed = true
    this.isNoticeShown = true
    this.put(notice(this.size, this.modes, text))
  }

  /** Takes the line away. */
  hideNotice(): void {
    if (!this.isNoticeShown) return
    this.isNoticeShown = false
    this.put(noNotice(this.size, this.modes))
  }

  /** A sequence or character that has begun is had again from its first byte. */
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
    const last = bytes.subarray(-TAIL_BYTES)
    this.tail = last.length === TAIL_BYTES ? Buffer.from(last) : Buffer.concat([this.tail, last]).subarray(-TAIL_BYTES)
    this.put(bytes)
  }

  private put(bytes: Buffer): void {
    if (this.tty === undefined) this.early.push(bytes)
    else if (!this.tty.write(bytes) && !this.full) {
      this.full = true
      this.parts.onFull()
    }
  }
}
