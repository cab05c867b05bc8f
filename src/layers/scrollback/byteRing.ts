/** Bytes of one allocation. Small enough that an idle session stays small, large enough that a full ring has few. */
const SEGMENT_BYTES = 64 * 1024

/** The last bytes of a stream, by their offset from its beginning. Copies what it gets; memory grows with use. */
export class ByteRing {
  /** Consecutive stretches of the stream; all but the last are full. */
  private segments: Array<Buffer> = []
  /** Offset of the first byte of the first segment. */
  private start = 0
  private end = 0
  private readonly capacity: number

  constructor(capacity: number) {
    this.capacity = Math.max(SEGMENT_BYTES, Math.ceil(capacity / SEGMENT_BYTES) * SEGMENT_BYTES)
  }

  /** Bytes since the stream began. */
  get offset(): number {
    return this.end
  }

  append(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const used = (this.end - this.start) % SEGMENT_BYTES
      if (used === 0 && this.end - this.start === this.segments.length * SEGMENT_BYTES) this.grow()
      const copied = bytes.copy(this.segments[this.segments.length - 1]!, used, at)
      this.end += copied
      at += copied
    }
  }

  /** Offset of the first byte that the ring holds. */
  get first(): number {
    return this.start
  }

  /** The bytes between two offsets that the ring holds, as views: valid until the next `append`. */
  views(from: number, to: number): ReadonlyArray<Buffer> {
    const parts: Array<Buffer> = []
    for (let at = from; at < to;) {
      const index = Math.floor((at - this.start) / SEGMENT_BYTES)
      const begin = (at - this.start) % SEGMENT_BYTES
      const end = Math.min(SEGMENT_BYTES, to - this.start - index * SEGMENT_BYTES)
      parts.push(this.segments[index]!.subarray(begin, end))
      at += end - begin
    }
    return parts
  }

  /** Copies of the bytes from an offset to the end; undefined when some are gone, or the offset is not reached yet. */
  since(offset: number): ReadonlyArray<Buffer> | undefined {
    if (offset < this.start || offset > this.end) return undefined
    return this.views(offset, this.end).map((view) => Buffer.from(view))
  }

  /** The last bytes, at most `maxBytes`. */
  tail(maxBytes: number): Buffer {
    return Buffer.concat(this.since(Math.max(this.start, this.end - maxBytes))!)
  }

  private grow(): void {
    if (this.segments.length * SEGMENT_BYTES < this.capacity) {
      this.segments.push(Buffer.allocUnsafeSlow(SEGMENT_BYTES))
      return
    }
    this.segments.push(this.segments.shift()!)
    this.start += SEGMENT_BYTES
  }
}
