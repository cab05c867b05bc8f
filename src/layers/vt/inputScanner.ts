/**
 * Cuts what a terminal sends into text, keys and reports, and pastes, over any number of chunks. Not {@link VtScanner}:
 * in input, ESC before a letter is Alt with it, where in output it may begin a string.
 */

const ESC = 0x1b
const BEL = 0x07

/** Longest sequence that is kept: of what is looked at, XTGETTCAP's answers are the longest. */
const MAX_KEPT = 4096

/** `CSI 201 ~`, which ends a paste (xterm ctlseqs, Bracketed Paste Mode). */
const PASTE_END = Buffer.from("\x1b[201~")

/** Bytes after `CSI M`: button, column and row (xterm ctlseqs, X10 compatibility mode). */
const MOUSE_CHARACTERS = 3

/** What {@link InputScanner} finds. Ranges are valid during the call only. */
export interface InputSink {
  /** Typed text, control characters included. */
  readonly text: (bytes: Buffer, from: number, to: number) => void
  /**
   * A whole sequence, from its ESC to its last byte; a string (OSC, DCS, APC) up to its terminator. `start`: where it
   * began, as an index of the chunk that was pushed; below 0: in an earlier one.
   */
  readonly sequence: (bytes: Buffer, from: number, to: number, start: number) => void
  /** Pasted text, and the `CSI 201 ~` after it. The `CSI 200 ~` before it is a sequence. */
  readonly paste: (bytes: Buffer, from: number, to: number) => void
}

const GROUND = 0
const ESCAPE = 1
const CSI = 2
/** OSC, DCS or APC: what a terminal answers with. The byte after the introducer tells it from Alt with a character. */
const STRING_BEGIN = 3
const STRING = 4
const MOUSE = 5
const PASTE = 6

/**
 * Whether a string that begins so is an answer: OSC has a number, or a letter before a title; DCS a parameter or a
 * prefix; APC kitty's G.
 */
const beginsAnswer = (introducer: number, byte: number): boolean => {
  const isDigit = byte >= 0x30 && byte <= 0x39
  if (introducer === 0x5d) return isDigit || byte === 0x6c || byte === 0x4c
  if (introducer === 0x50) return isDigit || byte === 0x3e || byte === 0x21
  return byte === 0x47
}

/** See above. One scanner for each stream. */
export class InputScanner {
  private state = GROUND
  /** What the sequence has so far, in earlier chunks. */
  private kept: Buffer = Buffer.alloc(0)
  /** Bytes of the sequence in earlier chunks, kept or not. */
  private earlier = 0
  private introducer = 0
  /** The CSI sequence has no parameters so far. */
  private isBare = false
  /** Characters of a mouse report that have come. */
  private characters = 0
  /** Bytes of {@link PASTE_END} that have come. */
  private matched = 0
  private readonly sink: InputSink

  constructor(sink: InputSink) {
    this.sink = sink
  }

  /** A paste has begun and not ended. */
  get isPasting(): boolean {
    return this.state === PASTE
  }

  /** The beginning of a sequence that has not ended; empty if there is none. */
  get pending(): Buffer {
    return this.kept
  }

  push(chunk: Buffer): void {
    let at = 0
    let from = 0
    while (at < chunk.length) {
      if (this.state === PASTE) {
        at = this.paste(chunk, at)
        from = at
        continue
      }
      if (this.state === GROUND) {
        const escape = chunk.indexOf(ESC, at)
        const end = escape === -1 ? chunk.length : escape
        if (end > at) this.sink.text(chunk, at, end)
        if (escape === -1) return
        this.state = ESCAPE
        from = escape
        at = escape + 1
        continue
      }
      const byte = chunk[at]!
      if (byte === ESC) {
        // It ends a string. Anything else that has begun was typed, key by key.
        if (this.state === STRING) this.end(chunk, from, at)
        else this.abort(chunk, from, at)
        this.state = ESCAPE
        from = at++
        continue
      }
      if (!this.takes(byte)) {
        this.abort(chunk, from, at)
        continue
      }
      at++
      if (this.step(byte, chunk[at])) {
        this.end(chunk, from, at)
        from = at
      }
    }
    if (this.state !== GROUND && this.state !== PASTE) this.keep(chunk, from)
  }

  /** Whether a byte can be in what has begun. No key and no report has control characters in it. */
  private takes(byte: number): boolean {
    if (byte < 0x20) return (byte === BEL && this.state === STRING) || (byte === 0 && this.state === MOUSE)
    return this.state !== CSI || byte < 0x7f
  }

  /** Takes a byte of a sequence. True for its last. */
  private step(byte: number, next: number | undefined): boolean {
    switch (this.state) {
      case ESCAPE:
        this.introducer = byte
        if (byte === 0x5b) this.state = CSI
        else if (byte === 0x5d || byte === 0x50 || byte === 0x5f) this.state = STRING_BEGIN
        else return true
        this.isBare = true
        return false
      case CSI: {
        if (byte === 0x4d && this.isBare) {
          this.state = MOUSE
          this.characters = 0
          return false
        }
        this.isBare = false
        return byte >= 0x40
      }
      case STRING_BEGIN:
        if (!beginsAnswer(this.introducer, byte)) return true
        this.state = STRING
        return false
      case MOUSE:
        // UTF-8 in mode 1005: a byte that another one continues is no character yet.
        if (byte < 0xc0 || next === undefined || next < 0x80 || next >= 0xc0) this.characters++
        return this.characters >= MOUSE_CHARACTERS
      default:
        return byte === BEL
    }
  }

  /** Returns the index after the paste, or the chunk's length. */
  private paste(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length) {
      if (this.matched === 0) {
        const escape = chunk.indexOf(ESC, at)
        if (escape === -1) break
        at = escape
      }
      const byte = chunk[at++]!
      if (byte === PASTE_END[this.matched]) this.matched++
      else this.matched = byte === ESC ? 1 : 0
      if (this.matched < PASTE_END.length) continue
      this.matched = 0
      this.state = GROUND
      this.sink.paste(chunk, from, at)
      return at
    }
    this.sink.paste(chunk, from, chunk.length)
    return chunk.length
  }

  private end(chunk: Buffer, from: number, to: number): void {
    const { kept } = this
    const start = from - this.earlier
    this.reset()
    const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk.subarray(from, to)])
    const [first, last] = kept.length === 0 ? [from, to] : [0, bytes.length]
    if (isPasteStart(bytes, first, last)) this.state = PASTE
    this.sink.sequence(bytes, first, last, start)
  }

  /** What has begun is no sequence: keys, each by itself. */
  private abort(chunk: Buffer, from: number, to: number): void {
    const { kept } = this
    this.reset()
    if (kept.length > 0) this.sink.text(kept, 0, kept.length)
    if (to > from) this.sink.text(chunk, from, to)
  }

  private reset(): void {
    this.state = GROUND
    this.kept = Buffer.alloc(0)
    this.earlier = 0
  }

  private keep(chunk: Buffer, from: number): void {
    this.earlier += chunk.length - from
    if (this.kept.length < MAX_KEPT) this.kept = Buffer.concat([this.kept, chunk.subarray(from, from + MAX_KEPT)])
  }
}

/** `CSI 200 ~`. */
const isPasteStart = (bytes: Buffer, from: number, to: number): boolean =>
  to - from === 6 && bytes[to - 1] === 0x7e && bytes.toString("latin1", from + 1, to) === "[200~"
