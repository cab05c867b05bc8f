/**
 * Counts the rows that output fills, without a terminal: as long as it is plain text, line ends and colours, a program's
 * flood for the most part. A scan over bytes, several times as fast as parsing.
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
/** Erases in the line: what is in a row that scrolls away does not matter. */
const EL = 0x4b

/** First byte of U+0080 to U+00BF, half of which are controls. */
const LATIN_BYTE = 0xc2

/** What a byte means to the count. BEL does nothing to a model; TAB and BS move within the line. */
const KINDS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === LF) return LINE_FEED
  if (byte === CR) return RETURN
  if (byte === 0x08 || byte === 0x09 || byte === 0x07) return MOVE
  if (byte === 0x1b) return ESCAPE
  if (byte >= 0x80) return HIGH
  return byte >= 0x20 && byte < 0x7f ? TEXT : OTHER
})

/** Longest SGR sequence taken: all colours and flags at once come to 60 bytes. */
const MAX_SGR = 128

/** Bytes between the places that are remembered: they live long enough to be garbage of the slow kind. */
const MARK_BYTES = 16 * 1024

/** Where a line begins, and the rows that were filled before it. */
export interface Mark {
  readonly at: number
  readonly rows: number
  /** Where what still colours it begins: after the last sequence that resets all. */
  readonly from: number
  /** Some sequence lies between the two. */
  readonly coloured: boolean
}

export class RowCount {
  /** Offset up to which was counted. */
  at = 0
  private begun = 0
  private stopped = true
  private cols = 0
  private rows = 0
  private marks: Array<Mark> = []
  private nextMark = 0
  /** Plain characters in the line so far; without end once there were others, whose width is not known here. */
  private run = 0
  private last = 0
  /** Bytes so far of the CSI sequence that has begun; and whether one of its parameters is not 0. */
  private held = 0
  private plain = true
  private from = 0
  private coloured = false
  private readonly apart: number

  constructor(apart = MARK_BYTES) {
    this.apart = apart
  }

  /** Counts from here on: a terminal between two sequences, on its main screen. `cols` is without end if nothing wraps. */
  begin(at: number, cols: number): void {
    this.at = at
    this.begun = at
    this.stopped = false
    this.cols = cols
    this.rows = 0
    this.marks = []
    this.nextMark = at
    this.run = 0
    this.last = 0
    this.held = 0
    this.from = at
    this.coloured = false
  }

  stop(): void {
    this.stopped = true
    this.at = this.begun
  }

  /** What follows an offset is counted, or will be. */
  covers(at: number): boolean {
    return at >= this.begun && (at < this.at || !this.stopped)
  }

  /** The last place that so many rows follow. What lies before it is forgotten. */
  cut(keep: number): Mark | undefined {
    const index = this.marks.findLastIndex((mark) => mark.rows <= this.rows - keep)
    return index === -1 ? undefined : this.marks.splice(0, index + 1)[index]
  }

  /** Takes what follows; stops for good at the first byte whose effect is not known here. */
  add(part: Buffer): void {
    if (this.stopped) return
    const { length } = part
    const offset = this.at
    const words = new DataView(part.buffer, part.byteOffset, length)
    let { last, nextMark, rows, run } = this
    const { apart, cols } = this
    let at = 0
    for (; at < length; at++) {
      const byte = part[at]!
      if (this.held > 0) {
        if (!this.sequence(byte, offset + at + 1)) break
        last = 0
        continue
      }
      switch (KINDS[byte]) {
        case TEXT: {
          const from = at++
          if (at < length && part[at] !== CR) at = textEnd(part, words, at)
          run += at - from
          // Nearly always a line's end: taken here, the rest of the loop need not run for it.
          if (at + 1 < length && part[at] === CR && part[at + 1] === LF) {
            at++
            if (run > cols) rows += Math.floor((run - 1) / cols)
            run = 0
            rows++
            last = LF
            if (offset + at >= nextMark) {
              this.marks.push({ at: offset + at + 1, rows, from: this.from, coloured: this.coloured })
              nextMark = offset + at + apart
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
          // After CR LF the column is the first, whatever came before.
          if (last === CR && offset + at >= nextMark) {
            this.marks.push({ at: offset + at + 1, rows, from: this.from, coloured: this.coloured })
            nextMark = offset + at + apart
          }
          break
        case RETURN:
        case MOVE:
          if (run > cols) rows += Math.floor((run - 1) / cols)
          run = 0
          break
        case ESCAPE: {
          // Nearly always whole, short and in one part: as in `sequence`.
          if (part[at + 1] === BRACKET) {
            let end = at + 2
            while (end < length && part[end]! >= 0x30 && part[end]! <= 0x3b) end++
            if (end < length && part[end] === SGR && end < at + MAX_SGR) {
              this.coloured = !(end === at + 2 || (end === at + 3 && part[at + 2] === 0x30))
              if (!this.coloured) this.from = offset + end + 1
              at = end
              last = 0
              continue
            }
          }
          this.held = 1
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

  /** A byte of a CSI sequence; false: it is not one of those that are known. */
  private sequence(byte: number, end: number): boolean {
    const held = ++this.held
    if (held === 2) this.plain = true
    if (held === 2 ? byte === BRACKET : held <= MAX_SGR && byte >= 0x30 && byte <= 0x3b) {
      // What resets all is `CSI m` or `CSI 0 m`.
      if (held > 2 && (held > 3 || byte !== 0x30)) this.plain = false
      return true
    }
    if (held > 2 && byte === SGR) {
      this.coloured = !this.plain
      if (this.plain) this.from = end
    } else if (held === 2 || byte !== EL) {
      this.stopped = true
      return false
    }
    this.held = 0
    return true
  }
}

/** A byte below 0x20, DEL, or one from 0x80 on sets the top bit in its place; those above the lowest so set mean nothing. */
const notText = (word: number): number => {
  const del = word ^ 0x7f7f7f7f
  // A zero byte in a word: Hacker's Delight, 6-1.
  return (word | ((word - 0x20202020) & ~word) | ((del - 0x01010101) & ~del)) & 0x80808080
}

/** Where printable ASCII ends. Four bytes are looked at together. */
const textEnd = (part: Buffer, words: DataView, from: number): number => {
  let at = from
  for (const last = part.length - 4; at <= last; at += 4) {
    const found = notText(words.getInt32(at, true))
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3)
  }
  while (at < part.length && KINDS[part[at]!] === TEXT) at++
  return at
}
