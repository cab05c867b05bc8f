import type { FrameType } from "../schema/protocol/Frame.ts"
import type { HostError } from "./HostError.ts"
import type { NoSession } from "./SessionClient.ts"

/** Why a connection never reached a session. */
export type LateFailure = NoSession | HostError

/** What one side of a connection is told. Callbacks, not streams: this is the byte path. */
export interface ConnectionHandlers {
  /** A whole frame. The payload is the handler's to keep (a view, never written to again). Unknown types arrive too. */
  readonly onFrame: (type: number, payload: Buffer) => void
  /** All that was sent has been taken, after a `send` that returned false. */
  readonly onDrain: () => void
  /**
   * It is over; `reason` is set when it did not end in good order (framing broken, connection reset). `failure`: not a
   * byte came, and it led nowhere; a way to another host is known to be one only by the first byte. Once.
   */
  readonly onClose: (reason: string | undefined, failure?: LateFailure) => void
}

/** Frames both ways between a client and a daemon, whatever carries them. */
export interface Connection {
  /** Starts the flow of frames. Once. */
  readonly listen: (handlers: ConnectionHandlers) => void
  /**
   * Queues one frame made of `parts`, which must not change afterwards. False: more than the high-water mark waits,
   * hold back until `onDrain`. Ignored after the end.
   */
  readonly send: (type: FrameType, ...parts: ReadonlyArray<Buffer>) => boolean
  /** Bytes that were sent and not yet taken by the other side's system. */
  readonly pending: () => number
  readonly pause: () => void
  readonly resume: () => void
  /** Ends in good order: what was sent still arrives. No frames from here on, only the end, which comes soon. */
  readonly end: () => void
  /** Ends at once; what waits is dropped. */
  readonly destroy: () => void
}

/** More than this many waiting bytes, and `send` asks to hold back: a quarter of a second of a fast terminal. */
export const HIGH_WATER = 256 * 1024
