import * as Schema from "effect/Schema"
import type { FrameTooLong, FrameType } from "../schema/protocol/Frame.ts"
import { messageOf } from "../schema/Text.ts"
import type { HostError } from "./HostError.ts"
import type { NoSession } from "./NoSession.ts"
import type { ChannelFailure } from "./SshTransport.ts"

/** The input ended inside a frame. */
export class FrameCut extends Schema.TaggedError<FrameCut>()("FrameCut", {}) {
  override get message() {
    return "the connection ended in the middle of a frame"
  }
}

/** The system broke the connection. */
export class ConnectionReset extends Schema.TaggedError<ConnectionReset>()("ConnectionReset", {
  /** Code of the system's error: usually `ECONNRESET`, if the other side ended before it had read everything. */
  code: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    if (this.code === "ECONNRESET" || this.code === "EPIPE") return "its process is gone"
    return messageOf(this.cause)
  }
}

/** Why a connection broke. Frames that were on their way may or may not have arrived. */
export type ConnectionBroken = FrameTooLong | FrameCut | ConnectionReset | ChannelFailure | HostError

/** How a connection ended. */
export type ConnectionEnd =
  /** In order: everything that was sent has arrived. */
  | { readonly _tag: "Closed" }
  | { readonly _tag: "Broken"; readonly error: ConnectionBroken }
  /** There was no connection: no byte came. On the way to another host, only the first byte tells that there is one. */
  | { readonly _tag: "NotConnected"; readonly error: NoSession | HostError }

/** Events of one side of a connection. Callbacks, not streams: this is the byte path. */
export interface ConnectionHandlers {
  /** A whole frame, of any type. The handler may keep the payload: a view that is not written to again. */
  readonly onFrame: (type: number, payload: Buffer) => void
  /** After a `send` that returned false: everything that was sent has been taken. */
  readonly onDrain: () => void
  /** The connection is over. Called once. */
  readonly onClose: (end: ConnectionEnd) => void
}

/** Frames both ways between a client and a daemon, over any kind of transport. */
export interface Connection {
  /** Starts the flow of frames. Call it once. */
  readonly listen: (handlers: ConnectionHandlers) => void
  /**
   * Queues one frame made of `parts`, which must not change afterwards. False: more bytes than the high-water mark are
   * queued, so wait for `onDrain`. Ignored after the end.
   */
  readonly send: (type: FrameType, ...parts: ReadonlyArray<Buffer>) => boolean
  /** Bytes that were sent, but that the other side's system has not taken yet. */
  readonly pending: () => number
  readonly pause: () => void
  readonly resume: () => void
  /** Ends in order: everything that was sent still arrives. After this no frame comes, only `onClose`, soon. */
  readonly end: () => void
  /** Ends at once, and drops what is queued. */
  readonly destroy: () => void
}

/** With more queued bytes than this, `send` returns false: a quarter of a second of a fast terminal. */
export const HIGH_WATER_BYTES = 256 * 1024
