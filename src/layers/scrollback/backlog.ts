/**
 * Output that the model has not seen yet: it stays in the ring of raw bytes, with the resizes at their places. Forward
 * first, parse later; under a flood, what scrolls away unseen is never parsed.
 */
import type { Size } from "../../schema/Session.ts"
import type { VtTerminal } from "../../services/VtEngine.ts"
import type { ByteRing } from "./byteRing.ts"
import { RowCount } from "./rowCount.ts"
import { planSkip } from "./skip.ts"

/** Parsed at once: a millisecond or less, but for the densest. */
const PIECE_BYTES = 16 * 1024

/** From here on looking for something to skip is worth it. */
const SKIP_BYTES = 48 * 1024

/** Counted at once: still in the processor's cache. */
const COUNT_BYTES = 16 * 1024

export interface BacklogOptions {
  readonly ring: ByteRing
  readonly size: Size
  readonly history: number
  /** Bytes between the places up to which can be skipped, instead of {@link RowCount}'s own. */
  readonly apart?: number
}

export class Backlog {
  /** Offset up to which the model has seen the output. */
  private seen = 0
  /** Offset from which on `count` has something to do. */
  due = SKIP_BYTES
  private readonly tally: RowCount
  private size: Size
  private resizes: Array<{ readonly at: number; readonly size: Size }> = []
  /** Colours of what was skipped before there was a model. */
  private before: Buffer = Buffer.alloc(0)
  private readonly ring: ByteRing
  private readonly history: number

  constructor({ apart, history, ring, size }: BacklogOptions) {
    this.ring = ring
    this.tally = new RowCount(apart)
    this.size = size
    this.history = history
  }

  get bytes(): number {
    return this.ring.offset - this.seen
  }

  get empty(): boolean {
    return this.bytes === 0 && this.resizes.length === 0
  }

  resize(size: Size): void {
    const last = this.resizes[this.resizes.length - 1]
    if (last?.at === this.ring.offset) this.resizes.pop()
    this.resizes.push({ at: this.ring.offset, size })
  }

  /** After output has come: of a flood, counts the rows while they are still at hand. */
  count(terminal: VtTerminal | undefined): void {
    this.due = Math.max(this.ring.offset + COUNT_BYTES, this.seen + SKIP_BYTES)
    if (!this.torn && this.bytes >= SKIP_BYTES && (terminal === undefined || terminal.scrolls())) this.tell(terminal)
  }

  /** Parses until all is seen or the time is up. */
  parse(terminal: VtTerminal, until: () => boolean): void {
    if (this.before.length > 0) {
      terminal.write(this.before)
      this.before = Buffer.alloc(0)
    }
    while (!this.empty) {
      if (this.bytes >= SKIP_BYTES) this.skip(terminal)
      this.step(terminal, PIECE_BYTES)
      if (until()) return
    }
  }

  /** Makes room for so many bytes: skips if possible, else parses. */
  relieve(terminal: VtTerminal | undefined, most: number): void {
    while (this.bytes > most) {
      if (this.skip(terminal)) continue
      if (terminal === undefined) return
      this.step(terminal, PIECE_BYTES)
    }
  }

  /** The ring no longer holds what was not seen. */
  get torn(): boolean {
    return this.seen < this.ring.first
  }

  /** Goes on with what is still held, from a line's beginning; `instead` stands for all before it. */
  mend(instead: Buffer): void {
    this.seen = this.ring.first
    this.tally.stop()
    for (const view of this.ring.views(this.seen, this.ring.offset)) {
      const end = view.indexOf(0x0a)
      this.seen += end === -1 ? view.length : end + 1
      if (end !== -1) break
    }
    this.before = instead
  }

  private step(terminal: VtTerminal, most: number): void {
    const next = this.resizes[0]
    if (next !== undefined && next.at <= this.seen) {
      this.resizes.shift()
      this.size = next.size
      this.tally.stop()
      terminal.resize(next.size)
      return
    }
    const to = Math.min(this.seen + most, next?.at ?? this.ring.offset)
    for (const view of this.ring.views(this.seen, to)) terminal.write(view)
    this.seen = to
  }

  private skip(terminal: VtTerminal | undefined): boolean {
    // Before there is a model nothing but plain lines has been passed over: the terminal is as in the beginning.
    if (this.torn || (terminal !== undefined && !terminal.scrolls())) return false
    this.tell(terminal)
    const plan = planSkip(this.ring, this.tally, { from: this.seen, history: this.history, rows: this.size.rows })
    if (plan === undefined) return false
    if (terminal === undefined) this.before = Buffer.concat([this.before, plan.instead])
    else terminal.write(plan.instead)
    this.seen = plan.to
    return true
  }

  /** Counts the rows of what has come since the last time, up to the next resize. */
  private tell(terminal: VtTerminal | undefined): void {
    const { size, tally } = this
    if (!tally.covers(this.seen)) {
      tally.begin(this.seen, terminal?.wraps() === false ? Number.POSITIVE_INFINITY : size.cols)
    }
    const to = this.resizes[0]?.at ?? this.ring.offset
    for (const view of this.ring.views(tally.at, to)) tally.add(view)
  }
}
