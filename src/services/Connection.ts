import * as Schema from "effect/Schema"
import type { FrameTooLong, FrameType } from "../schema/protocol/Frame.ts"
import { messageOf } from "../schema/Text.ts"
import type { HostError } from "./HostError.ts"
import type { NoSession } from "./NoSession.ts"
import type { ChannelFailure } from "./SshTransport.ts"

/** What came ends inside a frame. */
export class FrameCut extends Schema.TaggedError<FrameCut>()("FrameCut", {}) {
  override get message() {
    return "the connection ended in the middle of a frame"
  }
}

/** The system broke the connection. */
export class ConnectionReset extends Schema.TaggedError<ConnectionReset>()("ConnectionReset", {
  /** Of the system's error: `ECONNRESET` as a rule, when the other side ended before it had read everything. */
  code: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    if (this.code === "ECONNRESET" || this.code === "EPIPE") return "its process is gone"
    return messageOf(this.cause)
  }
}

/** What broke a connection. What was on its way may have arrived or not. */
export type ConnectionBroken = FrameTooLong | FrameCut | ConnectionReset | ChannelFailure | HostError

/** How a connection came to its end. */
export type ConnectionEnd =
  /** In good order: what was sent has arrived. */
  | { readonly _tag: "Closed" }
  | { readonly _tag: "Broken"; readonly error: ConnectionBroken }
  /** Not a byte came, and it led nowhere. A way to another host is known to be one only by the first byte. */
  | { readonly _tag: "NotConnected"; readonly error: NoSession | HostError }

/** Events of one side of a connection. Callbacks, not streams: this is the byte path. */
export interface ConnectionHandlers {
  /**
   * A whole frame, also of an unknown type. The handler may keep the payload: a view that is never written to again.
   */
  readonly onFrame: (type: number, payload: Buffer) => void
  /** All that was sent was taken, after a `send` that returned false. */
  readonly onDrain: () => void
  /** It is over. Once. */
  readonly onClose: (end: ConnectionEnd) => void
}

/** Frames both ways between a client and a daemon, whatever carries them. */
export interface Connection {
  /** Starts the flow of frames. Once. */
  readonly listen: (handlers: ConnectionHandlers) => void
  /**
   * Queues one frame made of `parts`, which must not change afterwards. False: more than the high-water mark waits, so
   * wait for `onDrain`. Ignored after the end.
   */
  readonly send: (type: FrameType, ...parts: ReadonlyArray<Buffer>) => boolean
  /** Bytes that were sent and that the other side's system has not taken yet. */
  readonly pending: () => number
  readonly pause: () => void
  readonly resume: () => void
  /** Ends in good order: what was sent still arrives. From here on no frame comes, only `onClose`, soon. */
  readonly end: () => void
  /** Ends at once and drops what waits. */
  readonly destroy: () => void
}

/** With more waiting bytes than this, `send` returns false: a quarter of a second of a fast terminal. */
export const HIGH_WATER_BYTES = 256 * 1024
