/**
 * The frame: type u8, length u32 big-endian, payload. See docs/protocol.md, which describes every type.
 * Plain functions over Buffers: this is the byte path.
 */
import * as Schema from "effect/Schema"

export const FrameType = {
  hello: 1,
  welcome: 2,
  restore: 3,
  output: 4,
  input: 5,
  resize: 6,
  ack: 7,
  detach: 8,
  kill: 9,
  exit: 10,
  ping: 11,
  pong: 12,
  error: 13,
  history: 14,
  lines: 15,
  agent: 16,
  shownIn: 17
} as const
export type FrameType = typeof FrameType[keyof typeof FrameType]

/** Bytes before a payload. */
export const HEADER_BYTES = 5

/** The longest payload, in bytes; a longer one breaks the protocol. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024

/**
 * The longest payload of `lines`: until 1.2, a daemon put a line into one frame, however long it was. 5,000 rows of 500
 * columns, each cell with a colour of its own.
 */
export const MAX_LINES_BYTES = 16 * 1024 * 1024

const maxPayload = (type: number): number => type === FrameType.lines ? MAX_LINES_BYTES : MAX_PAYLOAD_BYTES

/** Bytes of the u64 offset that data payloads begin with. */
export const OFFSET_BYTES = 8

/** Flag of the last frame of a restore: live output follows. */
export const RESTORE_LAST = 1

/** Flag of all frames of a restore that overwrites what the terminal shows, without scrolling it. */
export const RESTORE_OVER = 2

/** Flag of the last frame of a history. */
export const LINES_LAST = 1

/** The other side does not send frames: a header claims a payload over the limit. */
export class FrameTooLong extends Schema.TaggedError<FrameTooLong>()("FrameTooLong", {
  /** Claimed length of the payload. */
  bytes: Schema.Int
}) {
  override get message() {
    return `a frame of ${this.bytes} bytes, ${MAX_PAYLOAD_BYTES} is the most`
  }
}

/** A frame's header; `length` of the payload in bytes. */
export const header = (type: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES)
  bytes[0] = type
  bytes.writeUInt32BE(length, 1)
  return bytes
}

/** A whole frame in one buffer: for control frames, golden vectors and tests. */
export const encodeFrame = (type: number, payload: Buffer): Buffer =>
  Buffer.concat([header(type, payload.length), payload])

/** A count of bytes as the u64 that data payloads begin with. A number is exact up to 2^53 bytes: eight petabytes. */
export const encodeOffset = (offset: number): Buffer => {
  const bytes = Buffer.allocUnsafe(OFFSET_BYTES)
  bytes.writeBigUInt64BE(BigInt(offset))
  return bytes
}

/** Reads that u64. Undefined when the payload is too short or the count is not a safe number. */
export const decodeOffset = (payload: Buffer): number | undefined => {
  if (payload.length < OFFSET_BYTES) return undefined
  const offset = Number(payload.readBigUInt64BE(0))
  return Number.isSafeInteger(offset) ? offset : undefined
}

/** Smaller chunks than this are joined: each takes memory of its own, also for a single byte. */
const JOINED_BYTES = 16 * 1024

/**
 * Cuts a byte stream into frames. Payloads are views of the chunks, which must not be written to again.
 * Holds at most one unfinished frame, and whole ones of the last chunks while the reader holds them up; grows with what
 * has arrived, not with what a header claims.
 */
export class FrameDecoder {
  private parts: Array<Buffer> = []
  private held = 0
  /** Bytes that must be there before the next frame can be whole. */
  private wanted = HEADER_BYTES
  private waiting = false

  /** Bytes that were not handed over yet. */
  get heldBytes(): number {
    return this.held
  }

  /** Whole frames are held up. */
  get isHolding(): boolean {
    return this.waiting
  }

  /** Whether the stream ends inside a frame, if it ends here. */
  get isCut(): boolean {
    if (!this.waiting) return this.held > 0
    const bytes = this.joined()
    let at = 0
    while (bytes.length - at >= HEADER_BYTES) at += HEADER_BYTES + bytes.readUInt32BE(at + 1)
    return at !== bytes.length
  }

  /**
   * Hands every whole frame to `onFrame`, unless `isHeld`: then the rest is for `resume`. Returns an error if the
   * framing is broken; do not push again after that.
   */
  push(
    chunk: Buffer,
    onFrame: (type: number, payload: Buffer) => void,
    isHeld?: () => boolean
  ): FrameTooLong | undefined {
    this.add(chunk)
    return this.resume(onFrame, isHeld)
  }

  /** Hands over frames that were held up, as `push` does. */
  resume(onFrame: (type: number, payload: Buffer) => void, isHeld?: () => boolean): FrameTooLong | undefined {
    if (this.held < this.wanted) return undefined
    const bytes = this.joined()
    let at = 0
    this.wanted = HEADER_BYTES
    this.waiting = false
    while (bytes.length - at >= HEADER_BYTES) {
      const length = bytes.readUInt32BE(at + 1)
      if (length > maxPayload(bytes[at]!)) return new FrameTooLong({ bytes: length })
      const end = at + HEADER_BYTES + length
      if (end > bytes.length) {
        this.wanted = HEADER_BYTES + length
        break
      }
      if (isHeld !== undefined && isHeld()) {
        this.waiting = true
        break
      }
      onFrame(bytes[at]!, bytes.subarray(at + HEADER_BYTES, end))
      at = end
    }
    const rest = bytes.subarray(at)
    // A copy, so that a small rest does not keep a large chunk alive. Not of frames that are held up: they go soon.
    this.parts = rest.length === 0 ? [] : [this.waiting ? rest : Buffer.from(rest)]
    this.held = rest.length
    return undefined
  }

  private joined(): Buffer {
    if (this.parts.length > 1) this.parts = [Buffer.concat(this.parts, this.held)]
    return this.parts[0]!
  }

  private add(chunk: Buffer): void {
    const { parts } = this
    parts.push(chunk)
    this.held += chunk.length
    // Joined with parts that are no longer: so each byte is copied a few times, however the stream is cut.
    for (let last = chunk; parts.length > 1; parts.push(last)) {
      const before = parts.at(-2)!
      if (before.length > last.length || before.length >= JOINED_BYTES) return
      last = Buffer.concat([before, last])
      parts.length -= 2
    }
  }
}
