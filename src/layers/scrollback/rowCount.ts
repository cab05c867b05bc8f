/**
 * Counts the rows that output fills, without a terminal. Works for plain text, line ends and colours, which most floods
 * are made of. A scan over bytes, several times as fast as parsing.
 */

const TEXT = 0
const LINE_FEED = 1
const RETURN = 2
const MOVE = 3
const ESCAPE = 4
const HIGH = 5
const OTHER = 6

const CR = 0x0d
const LF = 0x0a
const BRACKET = 0x5b
const SGR = 0x6d
/** Erases in the line. The contents of a row that scrolls away do not matter. */
const EL = 0x4b

/** First byte of U+0080 to U+00BF, half of which are controls. */
const LATIN_BYTE = 0xc2

/** What a byte means for the count. BEL has no effect on a model; TAB and BS move within the line. */
const KINDS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === LF) return LINE_FEED
  if (byte === CR) return RETURN
  if (byte === 0x08 || byte === 0x09 || byte === 0x07) return MOVE
  if (byte === 0x1b) return ESCAPE
  if (byte >= 0x80) return HIGH
  return byte >= 0x20 && byte < 0x7f ? TEXT : OTHER
})

/** Longest SGR sequence that is counted: all colours and flags at once have 60 bytes. */
const MAX_SGR_BYTES = 128

/** Bytes between two marks. Few marks: they live long enough to be expensive for the garbage collector. */
const MARK_BYTES = 16 * 1024

/** The beginning of a line: output can be skipped up to here. */
export interface Mark {
  /** Offset. */
  readonly at: number
  /** Rows filled before it. */
  readonly rows: number
  /** Offset after the last reset: the colours of this line were set from here on. */
  readonly coloursFrom: number
  /** An SGR sequence lies between the two. */
  readonly isColoured: boolean
}

export class RowCount {
  /** Offset up to which rows were counted. */
  at = 0
  private startedAt = 0
  private stopped = true
  private cols = 0
  private rows = 0
  private marks: Array<Mark> = []
  private nextMark = 0
  /** Plain characters in the line so far; -Infinity once there were others, whose width is not known here. */
  private run = 0
  private last = 0
  /** Bytes so far of a CSI sequence that has begun, and whether it would reset all attributes. */
  private sequenceBytes = 0
  private isReset = true
  private coloursFrom = 0
  private isColoured = false
  private readonly markBytes: number

  constructor(markBytes = MARK_BYTES) {
    this.markBytes = markBytes
  }

  /**
   * Counts from here on. The terminal must be on its main screen, in no sequence. `cols`: Infinity if nothing wraps.
   */
  begin(at: number, cols: number): void {
    this.at = at
    this.startedAt = at
    this.stopped = false
    this.cols = cols
    this.rows = 0
    this.marks = []
    this.nextMark = at
    this.run = 0
    this.last = 0
    this.sequenceBytes = 0
    this.coloursFrom = at
    this.isColoured = false
  }

  stop(): void {
    this.stopped = true
    this.at = this.startedAt
  }

  /** True when the rows after an offset are counted, or will be. Not where some before it would have to be first. */
  covers(at: number): boolean {
    return at >= this.startedAt && (at < this.at || (at === this.at && !this.stopped))
  }

  /** True when all rows between the two offsets are counted, and those that follow will be. */
  isCounting(from: number, to: number): boolean {
    return !this.stopped && from >= this.startedAt && to <= this.at
  }

  /** The last mark up to an offset that at least `keep` rows follow. Drops the marks before it. */
  cut(keep: number, upTo: number): Mark | undefined {
    const index = this.marks.findLastIndex((mark) => mark.rows <= this.rows - keep && mark.at <= upTo)
    return index === -1 ? undefined : this.marks.splice(0, index + 1)[index]
  }

  /** Takes the output that follows. Stops for good at the first byte whose effect is not known here. */
  add(part: Buffer): void {
    if (this.stopped) return
    const { length } = part
    const offset = this.at
    const words = new DataView(part.buffer, part.byteOffset, length)
    let { last, nextMark, rows, run } = this
    const { cols, markBytes } = this
    let at = 0
    for (; at < length; at++) {
      const byte = part[at]!
      if (this.sequenceBytes > 0) {
        if (!this.sequence(byte, offset + at + 1)) break
        last = 0
        continue
      }
      switch (KINDS[byte]) {
        case TEXT: {
          const from = at++
          if (at < length && part[at] !== CR) at = textEnd(part, words, at)
          run += at - from
          // The fast path for nearly all text: a line's end follows.
          if (at + 1 < length && part[at] === CR && part[at + 1] === LF) {
            at++
            if (run > cols) rows += Math.floor((run - 1) / cols)
            run = 0
            rows++
            last = LF
            if (offset + at >= nextMark) {
              this.marks.push({ at: offset + at + 1, rows, coloursFrom: this.coloursFrom, isColoured: this.isColoured })
              nextMark = offset + at + markBytes
            }
          } else {
            at--
            last = 0
          }
          continue
        }
        case LINE_FEED:
          if (run > cols) rows += Math.floor((run - 1) / cols)
          run = 0
          rows++
          // After CR LF the cursor is in the first column.
          if (last === CR && offset + at >= nextMark) {
            this.marks.push({ at: offset + at + 1, rows, coloursFrom: this.coloursFrom, isColoured: this.isColoured })
            nextMark = offset + at + markBytes
          }
          break
        case RETURN:
        case MOVE:
          if (run > cols) rows += Math.floor((run - 1) / cols)
          run = 0
          break
        case ESCAPE: {
          // The fast path for nearly all sequences, which are short and whole; does as `sequence` does.
          if (part[at + 1] === BRACKET) {
            let end = at + 2
            while (end < length && part[end]! >= 0x30 && part[end]! <= 0x3b) end++
            if (end < length && part[end] === SGR && end < at + MAX_SGR_BYTES) {
              this.isColoured = !(end === at + 2 || (end === at + 3 && part[at + 2] === 0x30))
              if (!this.isColoured) this.coloursFrom = offset + end + 1
              at = end
              last = 0
              continue
            }
          }
          this.sequenceBytes = 1
          break
        }
        case HIGH:
          // U+0080 to U+009F are controls, among them CSI.
          if (last === LATIN_BYTE && byte < 0xa0) this.stopped = true
          run = Number.NEGATIVE_INFINITY
          break
        default:
          this.stopped = true
      }
      if (this.stopped) break
      last = byte
    }
    this.at = offset + at
    this.last = last
    this.nextMark = nextMark
    this.rows = rows
    this.run = run
  }

  /** Takes a byte of a CSI sequence. False for a sequence whose effect is not known here. */
  private sequence(byte: number, end: number): boolean {
    const count = ++this.sequenceBytes
    if (count === 2) this.isReset = true
    if (count === 2 ? byte === BRACKET : count <= MAX_SGR_BYTES && byte >= 0x30 && byte <= 0x3b) {
      // `CSI m` and `CSI 0 m` reset all.
      if (count > 2 && (count > 3 || byte !== 0x30)) this.isReset = false
      return true
    }
    if (count > 2 && byte === SGR) {
      this.isColoured = !this.isReset
      if (this.isReset) this.coloursFrom = end
    } else if (count === 2 || byte !== EL) {
      this.stopped = true
      return false
    }
    this.sequenceBytes = 0
    return true
  }
}

/** Sets the top bit of each byte that is below 0x20, DEL, or from 0x80 on. Only the lowest top bit set is reliable. */
const notText = (word: number): number => {
  const del = word ^ 0x7f7f7f7f
  // A zero byte in a word: Hacker's Delight, 6-1.
  return (word | ((word - 0x20202020) & ~word) | ((del - 0x01010101) & ~del)) & 0x80808080
}

/** Where printable ASCII ends. Looks at four bytes at once. */
const textEnd = (part: Buffer, words: DataView, from: number): number => {
  let at = from
  for (const last = part.length - 4; at <= last; at += 4) {
    const found = notText(words.getInt32(at, true))
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3)
  }
  while (at < part.length && KINDS[part[at]!] === TEXT) at++
  return at
}
