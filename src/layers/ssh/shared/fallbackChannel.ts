/** A channel that is replaced by another one when the host refuses it. */
import type { ByteChannel, ByteHandlers } from "../../../services/ByteChannel.ts"

/** Bytes that are kept to be written again; a first channel that took more is open. */
const MAX_KEPT_BYTES = 64 * 1024

/**
 * The channel `first`. When it closes with a failure of which `isClosed` is true and no byte was received, `second`
 * opens another channel, which gets all that was written so far: the other side has seen none of it. `onProven` is
 * called when the second channel has received bytes.
 */
export const withFallback = <Failure>(
  first: ByteChannel<Failure>,
  isClosed: (failure: Failure) => boolean,
  second: (opened: (result: ByteChannel<Failure> | Failure) => void) => void,
  onProven: () => void
): ByteChannel<Failure> => {
  let current: ByteChannel<Failure> | undefined = first
  let handlers: ByteHandlers<Failure> | undefined
  let written: Array<Buffer> = []
  let bytes = 0
  let hasEnded = false
  let paused = false
  /** No fallback any more: the first channel has proven to be open, or the second was taken. */
  let settled = false
  /** The second channel was taken, and has received nothing yet. */
  let unproven = false
  let holding = false
  let dropped = false
  let reported = false

  const settle = () => {
    settled = true
    written = []
  }

  const close = (failure: Failure | undefined) => {
    if (reported) return
    reported = true
    handlers?.onClose(failure)
  }

  const fallBack = () => {
    const replayed = written
    settle()
    current = undefined
    second((opened) => {
      if (!("listen" in (opened as object))) return close(dropped ? undefined : opened as Failure)
      const channel = opened as ByteChannel<Failure>
      if (dropped) {
        channel.destroy()
        return close(undefined)
      }
      current = channel
      unproven = true
      if (paused) channel.pause()
      channel.listen(channelHandlers)
      for (const part of replayed) channel.write(part)
      if (hasEnded) channel.end()
      if (holding) {
        holding = false
        handlers?.onDrain()
      }
    })
  }

  const channelHandlers: ByteHandlers<Failure> = {
    onData: (data) => {
      if (!settled) settle()
      if (unproven) onProven()
      unproven = false
      handlers?.onData(data)
    },
    onDrain: () => {
      holding = false
      handlers?.onDrain()
    },
    onEnd: () => {
      settle()
      handlers?.onEnd()
    },
    onClose: (failure) => {
      if (!settled && !dropped && failure !== undefined && isClosed(failure)) fallBack()
      else close(failure)
    }
  }

  return {
    listen: (given) => {
      handlers = given
      first.listen(channelHandlers)
    },
    write: (part) => {
      if (hasEnded) return true
      if (!settled) {
        written.push(part)
        bytes += part.length
        if (bytes > MAX_KEPT_BYTES) settle()
      }
      if (current !== undefined && !current.write(part)) holding = true
      return !holding
    },
    pause: () => {
      paused = true
      current?.pause()
    },
    resume: () => {
      paused = false
      current?.resume()
    },
    end: () => {
      hasEnded = true
      current?.end()
    },
    destroy: () => {
      dropped = true
      current?.destroy()
    }
  }
}
