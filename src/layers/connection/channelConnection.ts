/** A {@link Connection} over a channel to another host. */
import type { ByteChannel } from "../../services/ByteChannel.ts"
import { type Connection, HIGH_WATER_BYTES } from "../../services/Connection.ts"
import type { HostError } from "../../services/HostError.ts"
import type { NoSession } from "../../services/NoSession.ts"
import type { ChannelFailure } from "../../services/SshTransport.ts"
import { framed } from "./framing.ts"

/** How long the other side has to take our last words, and to hang up. */
const LINGER_MS = 1000

/** Takes over a channel that nobody listens to yet. `explain`: what a failure means before the first byte has come. */
export const channelConnection = <Failure extends ChannelFailure | HostError>(
  channel: ByteChannel<Failure>,
  explain: (failure: Failure) => NoSession | HostError
): Connection => {
  let received = false
  let isOpen = true
  /** Bytes written since the channel asked to hold back. What it held before is about `HIGH_WATER_BYTES`. */
  let held: number | undefined

  const write = (part: Buffer): void => {
    if (!channel.write(part)) held ??= 0
    if (held !== undefined) held += part.length
  }

  const linger = (): void =>
    void setTimeout(() => held === undefined || !isOpen ? channel.destroy() : linger(), LINGER_MS).unref()

  const { connection, onClose, onData, onDrain, onEnd } = framed({
    listen: () =>
      channel.listen({
        onData: (bytes) => {
          received = true
          onData(bytes)
        },
        onDrain: () => {
          held = undefined
          onDrain()
        },
        onEnd: () => {
          isOpen = false
          // It would stay open for what we still might say.
          channel.end()
          onEnd()
        },
        onClose: (failure) => {
          isOpen = false
          if (failure === undefined) onClose()
          else if (received) onClose({ _tag: "Broken", error: failure })
          else onClose({ _tag: "NotConnected", error: explain(failure) })
        }
      }),
    isOpen: () => isOpen,
    write: (frame) => {
      for (const part of frame) write(part)
      return held === undefined
    },
    pending: () => isOpen && held !== undefined ? HIGH_WATER_BYTES + held : 0,
    pause: channel.pause,
    resume: channel.resume,
    end: () => {
      channel.end()
      linger()
    },
    destroy: channel.destroy
  })
  return connection
}
