/** A unix socket on a host as a channel: forwarded by the master, or through a program where sshd does not do that. */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import type { HostName } from "../../../schema/HostName.ts"
import type { ByteChannel } from "../../../services/ByteChannel.ts"
import { type ChannelFailure, ConnectionLost, SocketRefused } from "../../../services/SshTransport.ts"
import { readTail, remove, sizeOf } from "../../system/files.ts"
import { type Judge, socketChannel } from "../shared/socketChannel.ts"
import { explainLoss, isForwardRefused } from "../shared/sshLog.ts"
import type { Master } from "./masters.ts"
import * as Mux from "./mux.ts"

/** Connects to our own end of it. */
const connectLocal = (path: string): Effect.Effect<Net.Socket, Mux.MuxGone> =>
  Effect.callback((resume) => {
    const socket = new Net.Socket({ allowHalfOpen: true })
    socket.pause()
    const fail = (error: Error) => resume(Effect.fail(new Mux.MuxGone({ reason: error.message })))
    socket.once("error", fail)
    socket.connect(path, () => {
      socket.off("error", fail)
      resume(Effect.succeed(socket))
    })
    return Effect.sync(() => socket.destroy())
  })

/** Runs what a callback begins, until the scope of the channel ends. */
type Run = (effect: Effect.Effect<void>) => unknown

/**
 * The end of a forwarded socket is the other side's, or the master's: then nothing answers any more. A refusal by the
 * host looks like an end before the first byte; only the master's log tells.
 */
const judgeOf = (host: HostName, path: string, master: Master, since: number, run: Run): Judge<ChannelFailure> =>
(
  received,
  tell
) => {
  if (!received && isForwardRefused(readTail(master.log, since))) {
    return tell(new SocketRefused({ host, path, words: "" }))
  }
  run(Effect.match(Mux.alive(master.control), {
    onSuccess: () => tell(undefined),
    onFailure: () => tell(new ConnectionLost({ host, words: explainLoss(readTail(master.log)) }))
  }))
}

/** Opens a channel through a master; fails when there is none behind its socket any more. */
export const forwardedChannel = (
  host: HostName,
  path: string,
  master: Master,
  local: string
): Effect.Effect<ByteChannel<ChannelFailure>, Mux.MuxGone | Mux.MuxRefused, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.gen(function*() {
      const run = yield* FiberSet.makeRuntime()
      const since = sizeOf(master.log)
      yield* Mux.openForward(master.control, local, path)
      const socket = yield* Effect.ensuring(connectLocal(local), Effect.sync(() => remove(local)))
      // By the time it hears this, the master has taken our connection: it looks at all sockets in turn.
      yield* Effect.ignore(Mux.closeForward(master.control, local, path))
      return socketChannel(socket, judgeOf(host, path, master, since, run))
    }),
    (channel) => Effect.sync(channel.destroy)
  )
