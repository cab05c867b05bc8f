/** Channels of the library as streams that keep the rules: bounded in both directions. */
import type { Duplex } from "node:stream"
import type { Channel } from "ssh2"

/** Bytes that a host may send unasked: twice the window that the library gives it (MAX_WINDOW in its Channel.js). */
const MOST_UNREAD = 4 * 1024 * 1024

/** Whoever waits until the socket has taken what was written. */
export class Room {
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
 * The library writes to its socket without looking whether it is full: bounded only by the window, which is the host's
 * to say. And it takes what a host sends beyond the window that it was given: `onExcess` then.
 */
export const bounded = (channel: Channel, room: Room, onExcess: () => void): Channel => {
  const write = channel._write.bind(channel)
  channel._write = (bytes: Buffer, encoding, done) => write(bytes, encoding, (error) => room.when(() => done(error)))
  for (const stream of [channel, channel.stderr]) {
    const push = stream.push.bind(stream)
    stream.push = (bytes: unknown) => {
      if (stream.readableLength > MOST_UNREAD) onExcess()
      return push(bytes)
    }
  }
  return channel
}
