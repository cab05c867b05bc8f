/** A scrollback of raw bytes: the last bytes of a session, and its modes. Used without a terminal model. */
import type { Size } from "../../schema/Session.ts"
import type { Picture, PicturePart, ScrollbackModel, TerminalReport } from "../../services/Scrollback.ts"
import { enter } from "../vt/enter.ts"
import { leave } from "../vt/leave.ts"
import { ModeTracker } from "../vt/modes.ts"
import { inBandSizes, isOneTime, isQuery } from "../vt/queries.ts"
import { VtScanner } from "../vt/scanner.ts"
import { ByteRing } from "./byteRing.ts"
import { atOnce } from "./inOneGo.ts"
import { RawCursor } from "./rawCursor.ts"
import { rawHistory, rawHistoryPieces } from "./rawHistory.ts"
import { type Result, Slices } from "./slices.ts"

/** Bytes replayed to a client that attaches: a few screens of the densest output. */
const RESTORE_BYTES = 128 * 1024

/** How far to look for the beginning of a line, where a replay begins. */
const BOUNDARY_BYTES = 8 * 1024

/** Plain pen, ASCII charset, wrapping, visible cursor: as after power-on. */
const PLAIN = "\x1b[0m\x1b(B\x0f\x1b[?7h\x1b[?25h"

/** Switches to the alternate screen, where the ring no longer holds the program's own switch. */
const ALTERNATE = "\x1b[?1049h\x1b[H"

/** ST. */
const TERMINATOR = Buffer.from("\x1b\\")

/** The bytes without queries, and without sequences that must not be replayed. */
export const replayable = (bytes: Buffer): Buffer => {
  const kept: Array<Buffer> = []
  let dropped = false
  const scanner = new VtScanner({
    text: (bytes, from, to) => void kept.push(withoutBells(bytes.subarray(from, to))),
    sequence: (bytes, from, to) => {
      const sequence = bytes.subarray(from, to)
      // The terminator of a dropped string is dropped too.
      dropped = isQuery(sequence) || isOneTime(sequence) || inBandSizes(bytes, from, to) !== undefined ||
        (dropped && sequence.equals(TERMINATOR))
      if (!dropped) kept.push(sequence)
    }
  })
  scanner.push(bytes)
  // A sequence that has begun goes on with the live bytes that follow.
  return Buffer.concat([...kept, scanner.pending])
}

/** BEL would ring again, and terminals reply to ENQ. */
const withoutBells = (text: Buffer): Buffer =>
  text.includes(0x07) || text.includes(0x05) ? Buffer.from(text.filter((byte) => byte !== 0x07 && byte !== 0x05)) : text

/** The bytes from the beginning of a line, so that no sequence or character is cut. */
const fromBoundary = (bytes: Buffer): Buffer => {
  const newline = bytes.subarray(0, BOUNDARY_BYTES).indexOf(0x0a)
  return newline === -1 ? bytes : bytes.subarray(newline + 1)
}

export class RawScrollback implements ScrollbackModel {
  readonly ring: ByteRing
  readonly modes: ModeTracker
  private size: Size
  private readonly cursor: RawCursor
  private readonly slices = new Slices(() => {})

  constructor(size: Size, capacity: number) {
    this.size = size
    this.cursor = new RawCursor(size)
    this.ring = new ByteRing(capacity)
    this.modes = new ModeTracker(size.rows)
  }

  offset(): number {
    return this.ring.offset
  }

  append(bytes: Buffer): void {
    this.modes.push(bytes)
    this.ring.append(bytes)
  }

  /** Bytes are kept at once. */
  listen(): void {}
  expectEcho(): void {}

  resize(size: Size): void {
    this.size = size
    this.cursor.after(this.ring)
    this.cursor.resize(size)
    this.modes.resize(size.rows)
  }

  restore(): ReadonlyArray<Buffer> {
    const whole = this.ring.offset <= RESTORE_BYTES
    const replay = replayable(whole ? this.ring.tail(RESTORE_BYTES) : fromBoundary(this.ring.tail(RESTORE_BYTES)))
    if (replay.length === 0) return []
    // Modes that the replayed part sets are set twice.
    const before = whole ? "" : this.currentModes()
    return [Buffer.from(`\r\n${PLAIN}${before}`), replay]
  }

  /** Without a model the rows are not known. */
  redraw(): undefined {
    return undefined
  }

  /** The modes of now, and the alternate screen where a program shows it. */
  currentModes(): string {
    return (this.modes.alternate === 0 ? "" : ALTERNATE) + enter(this.modes)
  }

  since(offset: number): ReadonlyArray<Buffer> | undefined {
    return this.ring.since(offset)
  }

  first(): number {
    return this.ring.first
  }

  history(options: { readonly ansi: boolean }): ReadonlyArray<Buffer> {
    return rawHistory(this.kept(), options)
  }

  /** All bytes that the ring holds, from where one can begin. */
  private kept(): Buffer {
    const all = this.ring.tail(Number.POSITIVE_INFINITY)
    return this.ring.first === 0 ? all : fromBoundary(all)
  }

  inSlices(picture: Picture, then: (part: PicturePart) => void): () => void {
    return this.slices.add(this.steps(picture, then))
  }

  /** Makes a picture; a history part by part: that of a few megabytes of short lines takes seconds. */
  *steps(picture: Picture, then: (part: PicturePart) => void): Generator<Result, Result> {
    const offset = this.offset()
    if (picture.kind !== "history") {
      const part = { bytes: atOnce(this, picture), offset, isLast: true }
      return () => then(part)
    }
    for (const piece of rawHistoryPieces(this.kept(), picture)) {
      if (piece.length === 0) yield undefined
      else yield () => then({ bytes: [piece], offset, isLast: false })
    }
    return () => then({ bytes: [], offset, isLast: true })
  }

  settle(): void {
    this.slices.settle()
  }

  leave(): Buffer {
    return leave(this.modes)
  }

  report(): TerminalReport {
    const { cursor, modes, ring, size } = this
    const stack = modes.keyboards[modes.screen]
    return {
      size,
      // Only a query for it needs it.
      get cursor() {
        return cursor.after(ring)
      },
      mode: (mode, kind) => kind === "private" ? modes.mode(mode) : modes.ansiMode(mode),
      keyboard: stack[stack.length - 1] ?? 0,
      otherKeys: modes.keyboards.resources.get(4) ?? 0,
      cursorShape: modes.cursorShape,
      colour: (key) => modes.osc.colours.get(key)
    }
  }
}
