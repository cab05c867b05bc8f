/** A {@link Connection} over a channel to another host. */
import type { ByteChannel } from "../../services/ByteChannel.ts"
import { type Connection, HIGH_WATER_BYTES } from "../../services/Connection.ts"
import type { HostError } from "../../services/HostError.ts"
import type { NoSession } from "../../services/NoSession.ts"
import type { ChannelFailure } from "../../services/SshTransport.ts"
import { framed } from "./framing.ts"

/** How long the other side has to read our last frames, and to close. */
const LINGER_MS = 1000

/** Takes over a channel without a listener. `explain`: what a failure means before the first byte has come. */
export const channelConnection = <Failure extends ChannelFailure | HostError>(
  channel: ByteChannel<Failure>,
  explain: (failure: Failure) => NoSession | HostError
): Connection => {
  let received = false
  let isOpen = true
  /** Bytes written since the channel was full. What it had queued before is about `HIGH_WATER_BYTES`. */
  let heldBytes: number | undefined

  const write = (part: Buffer): void => {
    if (!channel.write(part)) heldBytes ??= 0
    if (heldBytes !== undefined) heldBytes += part.length
  }

  const linger = (): void =>
    void setTimeout(() => heldBytes === undefined || !isOpen ? channel.destroy() : linger(), LINGER_MS).unref()

  const { connection, onClose, onData, onDrain, onEnd } = framed({
    listen: () =>
      channel.listen({
        onData: (bytes) => {
          received = true
          onData(bytes)
        },
        onDrain: () => {
          heldBytes = undefined
          onDrain()
        },
        onEnd: () => {
          isOpen = false
          // Else the channel would stay open for our direction.
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
      return heldBytes === undefined
    },
    pending: () => isOpen && heldBytes !== undefined ? HIGH_WATER_BYTES + heldBytes : 0,
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
