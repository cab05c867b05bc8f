/** What one side of a channel is told. Callbacks, not streams: this is the byte path. They must not throw. */
export interface ByteHandlers<Failure> {
  /** Bytes, in order. The handler's to keep. */
  readonly onData: (bytes: Buffer) => void
  /** All that was written has been taken, after a `write` that returned false. */
  readonly onDrain: () => void
  /** The other side has said all it will say, in good order; it may still listen. At most once. */
  readonly onEnd: () => void
  /** It is over; `failure` is set when it did not end in good order. Once, and nothing follows. */
  readonly onClose: (failure: Failure | undefined) => void
}

/** Bytes both ways, whatever carries them. Each direction ends by itself. */
export interface ByteChannel<Failure> {
  /** Starts the flow of bytes; nothing is called before it returns. Once. */
  readonly listen: (handlers: ByteHandlers<Failure>) => void
  /** Queues bytes, which must not change afterwards. False: hold back until `onDrain`. Ignored after the end. */
  readonly write: (bytes: Buffer) => boolean
  /** While paused, no `onData`, and in the end the other side can write no more. */
  readonly pause: () => void
  readonly resume: () => void
  /** We have said all: what was written still arrives, and then the other side hears the end. We still listen. */
  readonly end: () => void
  /** Ends at once in both directions; what waits is dropped. */
  readonly destroy: () => void
}
