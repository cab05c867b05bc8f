/** Types a stream into a session: no more is under way than the window allows. Callbacks below, Effect above. */
import * as Effect from "effect/Effect"
import { encodeOffset, FrameType } from "../../../schema/Frame.ts"
import type { Connection } from "../../../services/Connection.ts"

/** Longest input frame. */
const PIECE_BYTES = 32 * 1024

export class Typist {
  private sent = 0
  private acked = 0
  private awaited: { readonly isMet: () => boolean; readonly met: () => void } | undefined
  private readonly send: Connection["send"]
  /** Bytes that may be under way; half of what the daemon takes, as for a person's typing. */
  private readonly most: number

  constructor(send: Connection["send"], window: number) {
    this.send = send
    this.most = Math.max(1, window / 2)
  }

  /** Types some bytes. Returns when they are sent. */
  type(bytes: Uint8Array): Effect.Effect<void> {
    // A copy: what is sent must not change, and streams may use their chunks again.
    const all = Buffer.from(bytes)
    const starts = Array.from({ length: Math.ceil(all.length / PIECE_BYTES) }, (_, index) => index * PIECE_BYTES)
    return Effect.forEach(
      starts,
      (at) =>
        Effect.andThen(
          this.until(() => this.sent - this.acked < this.most),
          Effect.sync(() => this.put(all.subarray(at, at + PIECE_BYTES)))
        ),
      { discard: true }
    )
  }

  /** All that was sent was taken. */
  get settled(): boolean {
    return this.acked >= this.sent
  }

  /** Returns when all was taken. */
  get done(): Effect.Effect<void> {
    return this.until(() => this.settled)
  }

  onAck(offset: number): void {
    this.acked = Math.max(this.acked, offset)
    const { awaited } = this
    if (awaited === undefined || !awaited.isMet()) return
    this.awaited = undefined
    awaited.met()
  }

  private put(piece: Buffer): void {
    this.send(FrameType.input, encodeOffset(this.sent), piece)
    this.sent += piece.length
  }

  private until(isMet: () => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (isMet()) return resume(Effect.void)
      this.awaited = { isMet, met: () => resume(Effect.void) }
    })
  }
}
