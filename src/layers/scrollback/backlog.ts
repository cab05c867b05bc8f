/**
 * Output that the model has not parsed yet: it stays in the ring of raw bytes, with the offsets of the resizes. Clients
 * get output first, the model later; in a flood, what scrolls out of the history is never parsed.
 */
import type { Size } from "../../schema/Session.ts"
import { MIN_COLS, type VtTerminal } from "../../services/VtEngine.ts"
import type { ByteRing } from "./byteRing.ts"
import { RowCount } from "./rowCount.ts"
import { planSkip } from "./skip.ts"

/** Bytes parsed between two looks at the clock: a millisecond or less for nearly all output. */
const PIECE_BYTES = 16 * 1024

/** Fewer bytes are not worth a call, even of output of which each byte asks much. */
const MIN_PIECE_BYTES = 16

/** Most time between two looks at the clock. */
const PIECE_MS = 2

/** How much slower than estimated parsing may count: C1 controls in UTF-8 and others are not weighed. */
const MAX_SLOWNESS = 32

/** Of a smaller part of a piece the time says nothing. */
const MIN_PART = 0.05

/** Output that came together counts as one of even effort up to this many bytes. */
const WEIGHED_BYTES = 4096

/**
 * What parsing takes, on a slow machine (measured at 80 and 500 columns, then doubled): for a byte, which may be a line
 * feed, and for a row that a sequence writes.
 */
const byteMs = (cols: number): number => 1e-4 + 5e-7 * cols
const rowMs = (cols: number): number => 2e-4 + 2e-6 * cols

/** A backlog from which it pays to look for output to skip. */
const SKIP_BYTES = 48 * 1024

const LF = 0x0a

/** Bytes whose rows are counted at once: still in the processor's cache. */
const COUNT_BYTES = 16 * 1024

export interface BacklogOptions {
  readonly ring: ByteRing
  readonly size: Size
  readonly history: number
  /** Bytes between the offsets up to which output can be skipped, instead of {@link RowCount}'s own. */
  readonly markBytes?: number
}

export class Backlog {
  /** Offset up to which the model has parsed or skipped the output. */
  parsedTo = 0
  /** Offset at which `count` is to be called next. */
  countAt = SKIP_BYTES
  private readonly rowCount: RowCount
  private size: Size
  private resizes: Array<{ readonly at: number; readonly size: Size }> = []
  /** Parsed first, instead of output that was skipped before there was a model. */
  private prelude: Buffer = Buffer.alloc(0)
  /** Output that asks for more than its bytes, up to which offset: rows, and how many bytes there are of it. */
  private weighed: Array<{ to: number; bytes: number; rows: number }> = []
  private rows = 0
  /** How many times longer than estimated parsing took lately. */
  private slowness = 1
  private readonly ring: ByteRing
  private readonly history: number

  constructor({ history, markBytes, ring, size }: BacklogOptions) {
    this.ring = ring
    this.rowCount = new RowCount(markBytes)
    this.size = size
    this.history = history
  }

  /** Output bytes since the session began. */
  get offset(): number {
    return this.ring.offset
  }

  get bytes(): number {
    return this.ring.offset - this.parsedTo
  }

  get empty(): boolean {
    return this.bytes === 0 && this.resizes.length === 0
  }

  /** Takes note of output that was just added: the rows that its sequences may write. */
  weigh(bytes: number, rows: number): void {
    if (rows === 0) return
    this.rows += rows
    const last = this.weighed[this.weighed.length - 1]
    const to = this.ring.offset
    if (last !== undefined && last.to === to - bytes && last.bytes + bytes <= WEIGHED_BYTES) {
      last.to = to
      last.bytes += bytes
      last.rows += rows
    } else this.weighed.push({ to, bytes, rows })
  }

  /** Milliseconds that parsing takes, by the estimate alone: less of it is left whenever something has been parsed. */
  get estimateMs(): number {
    this.settle()
    const { cols } = this.size
    const rows = this.rows + this.resizes.length * this.history
    return this.bytes * byteMs(cols) + rows * rowMs(cols)
  }

  /** Milliseconds that parsing takes, at most, as it went lately. */
  get effortMs(): number {
    return this.estimateMs * this.slowness
  }

  /** Rows are being counted: what leaves the history need not be parsed. */
  isSkippable(terminal: VtTerminal | undefined): boolean {
    return !this.hasGap && this.rowCount.isCounting(this.parsedTo, this.ring.offset - SKIP_BYTES) &&
      (terminal === undefined || terminal.scrolls())
  }

  resize(size: Size): void {
    const last = this.resizes[this.resizes.length - 1]
    if (last?.at === this.ring.offset) this.resizes.pop()
    this.resizes.push({ at: this.ring.offset, size })
  }

  /** Counts the rows of a flood as it comes, while its bytes are still in the processor's cache. */
  count(terminal: VtTerminal | undefined): void {
    this.countAt = Math.max(this.ring.offset + COUNT_BYTES, this.parsedTo + SKIP_BYTES)
    if (!this.hasGap && this.bytes >= SKIP_BYTES && (terminal === undefined || terminal.scrolls())) {
      this.countRows(terminal)
    }
  }

  /** Parses until nothing is left, or the time is up. */
  parse(terminal: VtTerminal, isTimeUp: () => boolean): void {
    if (this.prelude.length > 0) {
      terminal.write(this.prelude)
      this.prelude = Buffer.alloc(0)
    }
    while (!this.empty) {
      if (this.bytes >= SKIP_BYTES) this.skip(terminal)
      this.step(terminal)
      if (isTimeUp()) return
    }
  }

  /** Parses some of the output before an offset, with the resizes up to it. False once there is no more. */
  parseTo(terminal: VtTerminal, offset: number): boolean {
    const [resize] = this.resizes
    const isResized = resize === undefined || resize.at > offset
    if (this.prelude.length === 0 && this.parsedTo >= offset && isResized) return false
    this.parse(terminal, () => true)
    return true
  }

  /** Leaves a backlog of at most `maxBytes`: skips if possible, else parses. */
  makeRoom(terminal: VtTerminal | undefined, maxBytes: number): void {
    while (this.bytes > maxBytes) {
      if (this.skip(terminal)) continue
      if (terminal === undefined) return
      this.step(terminal)
    }
  }

  /** Skips what need not be parsed. False if there is nothing. */
  skip(terminal: VtTerminal | undefined): boolean {
    // Before there is a model only plain lines were skipped: the terminal is in its initial state.
    if (this.hasGap || (terminal !== undefined && !terminal.scrolls())) return false
    this.countRows(terminal)
    const plan = planSkip(this.ring, this.rowCount, {
      from: this.parsedTo,
      history: this.history,
      rows: this.size.rows
    })
    if (plan === undefined) return false
    if (terminal === undefined) this.prelude = Buffer.concat([this.prelude, plan.replacement])
    else terminal.write(plan.replacement)
    this.parsedTo = plan.to
    return true
  }

  /** The ring no longer holds all of the backlog. */
  get hasGap(): boolean {
    return this.parsedTo < this.ring.first
  }

  /** Goes on with what the ring holds, from a line's beginning; `prelude` replaces all output before it. */
  resumeAfterGap(prelude: Buffer): void {
    this.parsedTo = this.ring.first
    this.rowCount.stop()
    for (const view of this.ring.views(this.parsedTo, this.ring.offset)) {
      const end = view.indexOf(0x0a)
      this.parsedTo += end === -1 ? view.length : end + 1
      if (end !== -1) break
    }
    this.prelude = prelude
  }

  private step(terminal: VtTerminal): void {
    const next = this.resizes[0]
    if (next !== undefined && next.at <= this.parsedTo) {
      this.resizes.shift()
      this.size = next.size
      this.rowCount.stop()
      terminal.resize(next.size)
      return
    }
    const most = this.pieceBytes()
    const begun = performance.now()
    const from = this.parsedTo
    for (const view of wholeLines(this.ring.views(from, Math.min(from + most, next?.at ?? this.ring.offset)))) {
      terminal.write(view)
      this.parsedTo += view.length
    }
    this.learn(performance.now() - begun, (this.parsedTo - from) / most)
  }

  /** A part of what should take a while at most has been parsed. */
  private learn(ms: number, part: number): void {
    const seen = ms > PIECE_MS ? this.slowness * ms / PIECE_MS / Math.max(part, MIN_PART) : 1
    this.slowness = Math.min(MAX_SLOWNESS, Math.max(1, seen > this.slowness ? seen : (seen + this.slowness) / 2))
  }

  /** Forgets the effort of what has been parsed. */
  private settle(): void {
    for (let first = this.weighed[0]; first !== undefined && first.to <= this.parsedTo; first = this.weighed[0]) {
      this.rows -= first.rows
      this.weighed.shift()
    }
  }

  /** How much to parse at once, from here. */
  private pieceBytes(): number {
    this.settle()
    const first = this.weighed[0]
    const most = Math.max(MIN_PIECE_BYTES, Math.floor(PIECE_BYTES / this.slowness))
    if (first === undefined) return most
    const before = first.to - first.bytes - this.parsedTo
    if (before > 0) return Math.min(most, before)
    const { cols } = this.size
    const msOfByte = byteMs(cols) + first.rows / first.bytes * rowMs(cols)
    return Math.min(most, Math.max(MIN_PIECE_BYTES, Math.floor(PIECE_MS / msOfByte / this.slowness)))
  }

  /** Counts the rows of new output, up to the next resize. */
  private countRows(terminal: VtTerminal | undefined): void {
    const { rowCount, size } = this
    if (!rowCount.covers(this.parsedTo)) {
      rowCount.begin(
        this.parsedTo,
        terminal?.wraps() === false ? Number.POSITIVE_INFINITY : Math.max(MIN_COLS, size.cols)
      )
    }
    const to = this.resizes[0]?.at ?? this.ring.offset
    for (const view of this.ring.views(rowCount.at, to)) rowCount.add(view)
  }
}

/** Without what follows the last line end, if there is one: rows are counted from where no sequence has begun. */
const wholeLines = (views: ReadonlyArray<Buffer>): ReadonlyArray<Buffer> => {
  const last = views[views.length - 1]
  const end = last === undefined ? -1 : last.lastIndexOf(LF)
  return end === -1 ? views : [...views.slice(0, -1), last!.subarray(0, end + 1)]
}
