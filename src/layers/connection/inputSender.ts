/**
 * Types a stream into a session, within its window and over one connection after the other. Callbacks below, Effect
 * above.
 */
import * as Effect from "effect/Effect"
import type { Connection } from "../../services/Connection.ts"
import { type Known, Outbox } from "./outbox.ts"

/** Bytes queued at a time: no more than that is not sent yet. */
const PIECE_BYTES = 32 * 1024

export class InputSender {
  private readonly outbox = new Outbox()
  private awaited: { readonly isMet: () => boolean; readonly met: () => void } | undefined

  /** Goes on over a connection. False: the session does not know how much has come (see `Outbox`). */
  open(send: Connection["send"], known: Known): boolean {
    const isOpen = this.outbox.open(send, known)
    this.look()
    return isOpen
  }

  /** The connection is gone. Nothing more is sent before the next one. */
  close(): void {
    this.outbox.close()
  }

  /** Bytes ever sent. */
  get sentBytes(): number {
    return this.outbox.sentBytes
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
          this.until(() => this.outbox.hasRoom),
          Effect.sync(() => this.outbox.push(all.subarray(at, at + PIECE_BYTES)))
        ),
      { discard: true }
    )
  }

  /** Whether the session has taken everything. */
  get settled(): boolean {
    return this.outbox.waiting === 0
  }

  /** Returns when the session has taken everything. */
  get done(): Effect.Effect<void> {
    return this.until(() => this.settled)
  }

  onAck(offset: number): void {
    this.outbox.onAck(offset)
    this.look()
  }

  private look(): void {
    const { awaited } = this
    if (awaited === undefined || !awaited.isMet()) return
    this.awaited = undefined
    awaited.met()
  }

  private until(isMet: () => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (isMet()) return resume(Effect.void)
      this.awaited = { isMet, met: () => resume(Effect.void) }
    })
  }
}
