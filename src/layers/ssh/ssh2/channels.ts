/** The library's channels as streams that are bounded in both directions. */
import type { Duplex } from "node:stream"
import type { Channel } from "ssh2"

/**
 * Bytes that a host may send beyond what is read: twice the window that the library gives it (MAX_WINDOW in its
 * Channel.js).
 */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

/** Writers that wait until the socket has taken what was written. */
export class DrainQueue {
  private readonly sock: Duplex
  private waiting: Array<() => void> = []

  constructor(sock: Duplex) {
    this.sock = sock
    sock.on("drain", () => {
      const now = this.waiting
      this.waiting = []
      for (const go of now) go()
    })
  }

  when(go: () => void): void {
    if (this.sock.writableNeedDrain) this.waiting.push(go)
    else go()
  }
}

/**
 * Bounds a channel. The library writes to its socket without looking whether it is full: only the window, which the
 * host chooses, limits that. The library also accepts data beyond the window that it gave: `onExcess` is called then.
 */
export const bounded = (channel: Channel, drained: DrainQueue, onExcess: () => void): Channel => {
  const write = channel._write.bind(channel)
  channel._write = (bytes: Buffer, encoding, done) => write(bytes, encoding, (error) => drained.when(() => done(error)))
  for (const stream of [channel, channel.stderr]) {
    const push = stream.push.bind(stream)
    stream.push = (bytes: unknown) => {
      if (stream.readableLength > MAX_UNREAD_BYTES) onExcess()
      return push(bytes)
    }
  }
  return channel
}
