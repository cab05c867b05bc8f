/** A channel whose first way may turn out to be closed by the host, when there is a second one. */
import type { ByteChannel, ByteHandlers } from "../../../services/ByteChannel.ts"

/** Bytes that are kept to be said again; a first way that took more is open. */
const MAX_KEPT_BYTES = 64 * 1024

/**
 * `first`, and should it close without a byte received and with a failure that `isClosed` knows, what `second` opens
 * instead: it gets all that was written so far. The other side has seen none of it. `onProven`: the second leads there.
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
  /** There is no turning back: the first way has proven to be one, or the second was taken. */
  let settled = false
  /** The second way was taken, and nothing came back yet. */
  let unproven = false
  let holding = false
  let dropped = false
  let told = false

  const settle = () => {
    settled = true
    written = []
  }

  const close = (failure: Failure | undefined) => {
    if (told) return
    told = true
    handlers?.onClose(failure)
  }

  const turn = () => {
    const again = written
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
      channel.listen(heard)
      for (const part of again) channel.write(part)
      if (hasEnded) channel.end()
      if (holding) {
        holding = false
        handlers?.onDrain()
      }
    })
  }

  const heard: ByteHandlers<Failure> = {
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
      if (!settled && !dropped && failure !== undefined && isClosed(failure)) turn()
      else close(failure)
    }
  }

  return {
    listen: (given) => {
      handlers = given
      first.listen(heard)
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
