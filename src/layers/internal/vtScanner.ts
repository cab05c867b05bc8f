/**
 * Cuts a terminal's input into text and control sequences, as ECMA-48 and xterm's ctlseqs define them, over any
 * number of chunks. Looks at bytes only: UTF-8 text passes through, 8-bit C1 controls are not sequences (as in
 * terminals that run in UTF-8).
 */

const ESC = 0x1b
const BEL = 0x07
const CAN = 0x18
const SUB = 0x1a

/** A string sequence longer than this is cut loose: a terminal would have given it up long before. */
const MAX_SEQUENCE = 1024 * 1024

/** What {@link VtScanner} finds. */
export interface VtSink {
  /** A stretch without ESC: printable text and C0 controls. */
  readonly text: (bytes: Buffer) => void
  /** A whole sequence, from its ESC to its last byte. */
  readonly sequence: (bytes: Buffer) => void
}

type State = "escape" | "intermediate" | "csi" | "string" | "stringEscape"

/** See above. One scanner per stream. */
export class VtScanner {
  private state: State | undefined
  private parts: Array<Buffer> = []
  private held = 0
  private readonly sink: VtSink

  constructor(sink: VtSink) {
    this.sink = sink
  }

  /** The beginning of a sequence that has not ended yet; empty in between. */
  get pending(): Buffer {
    return Buffer.concat(this.parts)
  }

  push(chunk: Buffer): void {
    let from = 0
    let at = 0
    while (at < chunk.length) {
      if (this.state === undefined) {
        const escape = chunk.indexOf(ESC, at)
        const end = escape === -1 ? chunk.length : escape
        if (end > at) this.sink.text(chunk.subarray(at, end))
        if (escape === -1) return
        this.state = "escape"
        from = escape
        at = escape + 1
        continue
      }
      const ended = this.step(chunk[at]!)
      if (ended === "restart") {
        // An ESC in the middle of a sequence ends it and begins another.
        this.finish(chunk.subarray(from, at))
        this.state = "escape"
        from = at
      } else if (ended === "end") {
        this.finish(chunk.subarray(from, at + 1))
        from = at + 1
      }
      at++
    }
    if (this.state === undefined) return
    this.parts.push(Buffer.from(chunk.subarray(from)))
    this.held += chunk.length - from
    if (this.held > MAX_SEQUENCE) this.finish(Buffer.alloc(0))
  }

  private finish(last: Buffer): void {
    this.sink.sequence(this.parts.length === 0 ? last : Buffer.concat([...this.parts, last]))
    this.parts = []
    this.held = 0
    this.state = undefined
  }

  private step(byte: number): "more" | "end" | "restart" {
    if (byte === CAN || byte === SUB) return "end"
    switch (this.state!) {
      case "escape":
        if (byte === ESC) return "restart"
        if (byte === 0x5b) return this.enter("csi")
        // DCS, SOS, OSC, PM, APC
        if (byte === 0x50 || byte === 0x58 || byte === 0x5d || byte === 0x5e || byte === 0x5f) {
          return this.enter("string")
        }
        if (byte >= 0x20 && byte <= 0x2f) return this.enter("intermediate")
        return byte < 0x20 ? "more" : "end"
      case "intermediate":
        if (byte === ESC) return "restart"
        return byte < 0x30 ? "more" : "end"
      case "csi":
        if (byte === ESC) return "restart"
        return byte < 0x40 ? "more" : "end"
      case "string":
        if (byte === ESC) return this.enter("stringEscape")
        return byte === BEL ? "end" : "more"
      case "stringEscape":
        // ST is ESC backslash; any other byte after ESC ends the string and belongs to a new sequence.
        return byte === ESC ? "more" : "end"
    }
  }

  private enter(state: State): "more" {
    this.state = state
    return "more"
  }
}
