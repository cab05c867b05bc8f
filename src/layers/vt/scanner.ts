/**
 * Cuts a terminal's input into text and control sequences, as ECMA-48, the VT500 parser (vt100.net/emu/dec_ansi_parser)
 * and xterm's ctlseqs define them, over any number of chunks. Looks at bytes only: UTF-8 passes as text, 8-bit C1
 * controls are not sequences (as in terminals that run in UTF-8).
 *
 * Callbacks get a buffer and a range of it, not a view: on coloured output, views would cost more than all the rest.
 */

const ESC = 0x1b
const BEL = 0x07
const CAN = 0x18
const SUB = 0x1a

/** Longest string sequence that is kept: more than any title or query. A longer one is dropped up to its end. */
export const MAX_SEQUENCE_BYTES = 1024 * 1024

/** What is kept of a longer one: more than of any title. */
const BEGINNING_BYTES = 16 * 1024

/** Room for a sequence that goes on in the next chunk. It doubles as the sequence grows. */
const ROOM_BYTES = 64

const NOTHING = Buffer.alloc(0)

/** Text between colours is shorter than this as a rule; a native search pays off only for longer text. */
const NEAR_BYTES = 256

/** What {@link VtScanner} finds. Ranges are valid during the call only. */
export interface VtSink {
  /** A stretch without ESC: printable text and C0 controls. */
  readonly text: (bytes: Buffer, from: number, to: number) => void
  /**
   * A whole sequence, from its ESC to its last byte. A string (OSC, DCS, ...) that an ESC ends is reported without that
   * ESC, which begins the next sequence: `ESC \` as a rule. Aborted sequences (CAN, SUB) are not reported.
   */
  readonly sequence: (bytes: Buffer, from: number, to: number) => void
  /** The beginning of a sequence that was too long to be kept, when it has ended. */
  readonly overlong?: (beginning: Buffer) => void
}

const GROUND = 0
const ESCAPE = 1
const INTERMEDIATE = 2
const CSI = 3
/** Ended by ESC or, as all terminals do though no standard says so, by BEL. */
const OSC = 4
/** DCS, SOS, PM, APC: ended by ESC. */
const STRING = 5

/** See above. One scanner per stream. */
export class VtScanner {
  private state = GROUND
  /** Holds the beginning of the sequence. A part of it may be free. */
  private begun: Buffer = NOTHING
  private begunBytes = 0
  private partBytes = 0
  private overlong = false
  private readonly sink: VtSink

  constructor(sink: VtSink) {
    this.sink = sink
  }

  /** No sequence has begun. */
  get grounded(): boolean {
    return this.state === GROUND
  }

  /** Bytes of a sequence that has begun and not ended. */
  get pendingBytes(): number {
    return this.partBytes
  }

  /**
   * The beginning of a sequence that has not ended yet, for a terminal that will get the rest; empty if there is none.
   * Without the control characters in it: terminals execute them as they come.
   */
  get pending(): Buffer {
    if (this.state === GROUND) return Buffer.alloc(0)
    // Too long to be kept: a string that terminals ignore, up to the end that is still to come.
    if (this.overlong) return Buffer.from(this.state === OSC ? "\x1b]999999;" : "\x1bX")
    const bytes = Buffer.from(this.begun.subarray(0, this.begunBytes))
    return this.state >= OSC ? bytes : Buffer.from(bytes.filter((byte) => byte >= 0x20 || byte === ESC))
  }

  push(chunk: Buffer): void {
    const { length } = chunk
    if (this.state === GROUND && length > 0 && !chunk.includes(ESC)) return this.sink.text(chunk, 0, length)
    const words = new DataView(chunk.buffer, chunk.byteOffset, length)
    let from = 0
    let at = 0
    while (at < length) {
      if (this.state === GROUND) {
        const escape = findEscape(chunk, words, at)
        if (escape > at) this.sink.text(chunk, at, escape)
        if (escape === length) return
        // The fast path for nearly all sequences: CSI, whole, without control characters in it.
        const end = csiEnd(chunk, escape)
        if (end !== -1) {
          this.sink.sequence(chunk, escape, end)
          at = end
          continue
        }
        this.state = ESCAPE
        from = escape
        at = escape + 1
        continue
      }
      const byte = chunk[at]!
      if (byte === CAN || byte === SUB) {
        this.reset()
        at++
      } else if (byte === ESC) {
        // Ends a string, aborts anything else, and begins a new sequence.
        if (this.state >= OSC) this.report(chunk, from, at)
        this.reset()
        this.state = ESCAPE
        from = at++
      } else if (this.state >= OSC) {
        at++
        if (byte === BEL && this.state === OSC) this.finish(chunk, from, at)
      } else if (byte >= 0x80) {
        // Terminals abort the sequence here: this is text again.
        this.reset()
      } else {
        at++
        if (this.step(byte)) this.finish(chunk, from, at)
      }
    }
    if (this.state !== GROUND) this.keep(chunk, from)
  }

  /** Takes a byte of an escape or CSI sequence. True for the last. */
  private step(byte: number): boolean {
    // Terminals execute C0 controls inside a sequence, and ignore DEL.
    if (byte < 0x20 || byte === 0x7f) return false
    switch (this.state) {
      case ESCAPE:
        if (byte === 0x5b) this.state = CSI
        else if (byte === 0x5d) this.state = OSC
        // DCS, SOS, PM, APC
        else if (byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) this.state = STRING
        else if (byte < 0x30) this.state = INTERMEDIATE
        else return true
        return false
      case INTERMEDIATE:
        return byte >= 0x30
      default:
        return byte >= 0x40
    }
  }

  private finish(chunk: Buffer, from: number, to: number): void {
    this.report(chunk, from, to)
    this.reset()
  }

  private report(chunk: Buffer, from: number, to: number): void {
    if (this.begunBytes === 0) return this.sink.sequence(chunk, from, to)
    const begun = this.begun.subarray(0, this.begunBytes)
    if (this.overlong) return this.sink.overlong?.(begun)
    const whole = Buffer.concat([begun, chunk.subarray(from, to)])
    this.sink.sequence(whole, 0, whole.length)
  }

  private reset(): void {
    this.state = GROUND
    if (this.partBytes === 0) return
    this.begun = NOTHING
    this.begunBytes = 0
    this.partBytes = 0
    this.overlong = false
  }

  private keep(chunk: Buffer, from: number): void {
    this.partBytes += chunk.length - from
    if (this.overlong) return
    if (this.partBytes <= MAX_SEQUENCE_BYTES) return this.hold(chunk.subarray(from))
    this.overlong = true
    this.hold(chunk.subarray(from, from + BEGINNING_BYTES))
    this.begunBytes = Math.min(this.begunBytes, BEGINNING_BYTES)
    this.begun = Buffer.from(this.begun.subarray(0, this.begunBytes))
  }

  private hold(bytes: Buffer): void {
    const length = this.begunBytes + bytes.length
    if (length > this.begun.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(ROOM_BYTES, 2 * this.begun.length, length))
      this.begun.copy(larger, 0, 0, this.begunBytes)
      this.begun = larger
    }
    bytes.copy(this.begun, this.begunBytes)
    this.begunBytes = length
  }
}

/** Where a CSI sequence ends; -1 for any other sequence, and for one that goes on in the next chunk. */
const csiEnd = (chunk: Buffer, escape: number): number => {
  if (chunk[escape + 1] !== 0x5b) return -1
  let at = escape + 2
  while (chunk[at]! >= 0x20 && chunk[at]! < 0x40) at++
  return chunk[at]! >= 0x40 && chunk[at]! < 0x7f ? at + 1 : -1
}

/** Index of the next ESC, or the chunk's length. Looks at four bytes at once (Hacker's Delight, 6-1). */
const findEscape = (chunk: Buffer, words: DataView, from: number): number => {
  let at = from
  for (const near = Math.min(chunk.length - 4, from + NEAR_BYTES); at <= near; at += 4) {
    const word = words.getInt32(at, true) ^ 0x1b1b1b1b
    const found = (word - 0x01010101) & ~word & 0x80808080
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3)
  }
  const index = chunk.indexOf(ESC, at)
  return index === -1 ? chunk.length : index
}
