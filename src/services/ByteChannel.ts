/** Events of one side of a channel. Callbacks, not streams: this is the byte path. They must not throw. */
export interface ByteHandlers<Failure> {
  /** Bytes, in order. The handler may keep them. */
  readonly onData: (bytes: Buffer) => void
  /** After a `write` that returned false: everything that was written has been taken. */
  readonly onDrain: () => void
  /** The other side has ended its direction, in order; it may still read. Called at most once. */
  readonly onEnd: () => void
  /** The channel is over; `failure` is set if it did not end in order. Called once, and last. */
  readonly onClose: (failure: Failure | undefined) => void
}

/** Bytes both ways, over any kind of transport. Each direction ends by itself. */
export interface ByteChannel<Failure> {
  /** Starts the flow of bytes; calls no handler before it returns. Call it once. */
  readonly listen: (handlers: ByteHandlers<Failure>) => void
  /** Queues bytes, which must not change afterwards. False: wait for `onDrain`. Ignored after the end. */
  readonly write: (bytes: Buffer) => boolean
  /** While paused, no `onData` comes, and once all buffers are full the other side cannot write. */
  readonly pause: () => void
  readonly resume: () => void
  /** Ends our direction: what was written still arrives, then the other side's `onEnd`. We can still read. */
  readonly end: () => void
  /** Ends both directions at once, and drops what is queued. */
  readonly destroy: () => void
}
