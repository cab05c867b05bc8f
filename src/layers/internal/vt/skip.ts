/**
 * Under a flood most lines scroll out of the history before anybody sees them. A stretch of plain text, line ends and
 * colours leaves no trace but its last colours once enough lines follow it: those are all that the model needs to get.
 * A scan over bytes, several times as fast as parsing.
 */

const TEXT = 0
const LINE_FEED = 1
const RETURN = 2
const MOVE = 3
const ESCAPE = 4
const HIGH = 5
const OTHER = 6

/** First byte of U+0080 to U+00BF, half of which are controls. */
const LATIN_BYTE = 0xc2

/** What a byte means to the scan. BEL, NUL and DEL do nothing to a model; TAB and BS move within the line. */
const KINDS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x0a) return LINE_FEED
  if (byte === 0x0d) return RETURN
  if (byte === 0x08 || byte === 0x09 || byte === 0x07) return MOVE
  if (byte === 0x1b) return ESCAPE
  if (byte >= 0x80) return HIGH
  return byte >= 0x20 && byte < 0x7f ? TEXT : OTHER
})

/** Longest SGR sequence taken: all colours and flags at once come to 60 bytes. */
const MAX_SGR = 128

/** Most colour changes kept apart; with more of them the stretch ends. */
const MAX_PENS = 512

export interface SkipOptions {
  readonly cols: number
  readonly rows: number
  /** Lines that the history keeps. */
  readonly history: number
  /** Text wraps at the right margin: then long lines count for several. */
  readonly wraps: boolean
}

export interface Skip {
  /** So many bytes, from the first on, need not be parsed. */
  readonly bytes: number
  /** What is to be parsed in their stead. */
  readonly instead: Buffer
}

/** A colour alone: the next of its kind makes it forgotten. */
const FOREGROUND = /^(?:3[0-79]|9[0-7]|38;5;\d+|38;2;\d+;\d+;\d+)$/
const BACKGROUND = /^(?:4[0-79]|10[0-7]|48;5;\d+|48;2;\d+;\d+;\d+)$/

/** The SGR sequences that matter at a place: the last of each, since the last that resets all. */
class Pens {
  private kept = new Map<string, string>()

  /** False: there are too many. */
  add(params: string): boolean {
    if (params === "" || params === "0") this.kept.clear()
    const key = FOREGROUND.test(params) ? "foreground" : BACKGROUND.test(params) ? "background" : params
    this.kept.delete(key)
    this.kept.set(key, params)
    return this.kept.size <= MAX_PENS
  }

  toString(): string {
    let bytes = ""
    for (const params of this.kept.values()) bytes += `\x1b[${params}m`
    return bytes
  }
}

/** Where a line begins, and the rows that were filled before it. */
interface Mark {
  readonly at: number
  readonly rows: number
  /** Where what still colours it begins: the last sequence that resets all. */
  readonly from: number
  /** Some sequence of colours lies between the two. */
  readonly coloured: boolean
}

/** Bytes between the places that are remembered. */
const MARK_BYTES = 512

/** The bytes four at a time; undefined when they do not lie so in memory. */
const wordsOf = (part: Buffer): Int32Array | undefined =>
  (part.byteOffset & 3) === 0 ? new Int32Array(part.buffer, part.byteOffset, part.length >> 2) : undefined

/** Where printable ASCII ends. Four bytes are looked at together (Hacker's Delight, 6-1: a zero byte in a word). */
const textEnd = (part: Buffer, words: Int32Array | undefined, from: number): number => {
  const { length } = part
  let at = from
  while (at < length) {
    if ((at & 3) === 0 && words !== undefined) {
      let index = at >> 2
      for (; index < words.length; index++) {
        const word = words[index]!
        const del = word ^ 0x7f7f7f7f
        // A byte from 0x80 on, one below 0x20, or DEL.
        if (((word | ((word - 0x20202020) & ~word) | ((del - 0x01010101) & ~del)) & 0x80808080) !== 0) break
      }
      at = index << 2
      const end = Math.min(length, at + 4)
      while (at < end && KINDS[part[at]!] === TEXT) at++
      return at < end || at === length ? at : textEnd(part, undefined, at)
    }
    if (KINDS[part[at]!] !== TEXT) return at
    at++
  }
  return at
}

/** How far a stretch goes from the beginning of `parts`: the rows it fills, and places in it to cut at. */
const measure = (
  parts: ReadonlyArray<Buffer>,
  cols: number
): { readonly rows: number; readonly marks: Array<Mark> } => {
  const marks: Array<Mark> = []
  let rows = 0
  let offset = 0
  let nextMark = 0
  /** Plain characters in the line so far; without end once there were others, whose width is not known here. */
  let run = 0
  let last = 0
  /** Bytes of the SGR sequence that has begun. */
  let sgr = 0
  let from = 0
  let coloured = false
  const line = () => {
    if (run > cols) rows += Math.floor((run - 1) / cols)
    run = 0
  }
  for (const part of parts) {
    const { length } = part
    const words = wordsOf(part)
    for (let at = 0; at < length; at++) {
      const byte = part[at]!
      if (sgr > 0) {
        sgr++
        if (sgr === 2 ? byte !== 0x5b : (byte < 0x30 || byte > 0x3b) && byte !== 0x6d) return { rows, marks }
        if (sgr > MAX_SGR) return { rows, marks }
        if (byte === 0x6d) {
          coloured = !(sgr === 3 || (sgr === 4 && last === 0x30))
          if (!coloured) from = offset + at + 1
          sgr = 0
        }
        last = byte
        continue
      }
      switch (KINDS[byte]) {
        case TEXT: {
          const from = at
          at = textEnd(part, words, at + 1)
          run += at - from
          // Nearly always a line's end: taken here, the rest of the loop need not run for it.
          if (at + 1 < length && part[at] === 0x0d && part[at + 1] === 0x0a) {
            at++
            if (run > cols) rows += Math.floor((run - 1) / cols)
            run = 0
            rows++
            last = 0x0a
            if (offset + at >= nextMark) {
              marks.push({ at: offset + at + 1, rows, from, coloured })
              nextMark = offset + at + MARK_BYTES
            }
          } else {
            at--
            last = 0
          }
          continue
        }
        case LINE_FEED:
          line()
          rows++
          // After CR LF the column is the first, whatever came before.
          if (last === 0x0d && offset + at >= nextMark) {
            marks.push({ at: offset + at + 1, rows, from, coloured })
            nextMark = offset + at + MARK_BYTES
          }
          break
        case RETURN:
        case MOVE:
          line()
          break
        case ESCAPE: {
          // Nearly always whole, short and in one part.
          let end = at + 2
          if (end < length && part[at + 1] === 0x5b) {
            const most = Math.min(length, at + MAX_SGR)
            while (end < most && part[end]! >= 0x30 && part[end]! <= 0x3b) end++
            if (end < most && part[end] === 0x6d) {
              coloured = !(end === at + 2 || (end === at + 3 && part[at + 2] === 0x30))
              if (!coloured) from = offset + end + 1
              at = end
              last = 0
              continue
            }
          }
          sgr = 1
          break
        }
        case HIGH:
          // U+0080 to U+009F are controls, among them CSI.
          if (last === LATIN_BYTE && byte < 0xa0) return { rows, marks }
          run = Number.NEGATIVE_INFINITY
          break
        default:
          return { rows, marks }
      }
      last = byte
    }
    offset += length
  }
  return { rows, marks }
}

/** The bytes from one place to another, which is near it as a rule. */
const between = (parts: ReadonlyArray<Buffer>, from: number, to: number): Buffer => {
  const found: Array<Buffer> = []
  let offset = 0
  for (const part of parts) {
    if (offset >= to) break
    if (offset + part.length > from) found.push(part.subarray(Math.max(0, from - offset), to - offset))
    offset += part.length
  }
  return found.length === 1 ? found[0]! : Buffer.concat(found)
}

/** The SGR sequences in a stretch that matter at its end. Undefined: too many. */
const pensAt = (parts: ReadonlyArray<Buffer>, { at: to, coloured, from }: Mark, reset: boolean): Buffer | undefined => {
  const pens = new Pens()
  if (coloured) {
    const bytes = between(parts, from, to)
    for (let at = bytes.indexOf(0x1b); at !== -1; at = bytes.indexOf(0x1b, at + 1)) {
      if (!pens.add(bytes.toString("latin1", at + 2, bytes.indexOf(0x6d, at)))) return undefined
    }
  }
  return Buffer.from((reset ? "\x1b[0m" : "") + pens.toString())
}

/**
 * How much of `parts` can be skipped, from their beginning: undefined if nothing. The model must stand between two
 * sequences, on its main screen, without scroll region and reverse wraparound (`VtTerminal.scrolls`).
 */
export const planSkip = (
  parts: ReadonlyArray<Buffer>,
  { cols, history, rows, wraps }: SkipOptions
): Skip | undefined => {
  const measured = measure(parts, wraps ? cols : Number.POSITIVE_INFINITY)
  // As many rows must follow as the buffer has, and as many more as it takes from the top of the screen to the bottom.
  const most = measured.rows - (history + 2 * rows + 1)
  const mark = measured.marks.findLast((mark) => mark.rows <= most)
  if (mark === undefined) return undefined
  const instead = pensAt(parts, mark, mark.from > 0)
  return instead === undefined ? undefined : { bytes: mark.at, instead }
}
