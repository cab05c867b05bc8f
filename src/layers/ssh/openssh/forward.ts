/** A unix socket on a host as a channel, forwarded by the master. */
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

/** Connects to the local end of the forwarded socket. */
const connectLocal = (path: string): Effect.Effect<Net.Socket, Mux.MuxGone> =>
  Effect.callback((resume) => {
    const socket = new Net.Socket({ allowHalfOpen: true })
    socket.pause()
    const fail = (cause: Error) => resume(Effect.fail(new Mux.MuxGone({ fault: "no forward", cause })))
    socket.once("error", fail)
    socket.connect(path, () => {
      socket.off("error", fail)
      resume(Effect.succeed(socket))
    })
    return Effect.sync(() => socket.destroy())
  })

/** Runs the effects of callbacks, until the scope of the channel ends. */
type Run = (effect: Effect.Effect<void>) => unknown

/**
 * A forwarded socket ends with the other side, or with the master, which then no longer answers. A refusal by the host
 * looks like an end before the first byte; only the master's log shows the difference.
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
    onFailure: (cause) => tell(new ConnectionLost({ host, words: explainLoss(readTail(master.log)), cause }))
  }))
}

/** Opens a channel through a master; fails when no master is behind its socket any more. */
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
      // The master checks all its sockets in turn: before it reads this request, it has accepted our connection.
      yield* Effect.ignore(Mux.closeForward(master.control, local, path))
      return socketChannel(socket, judgeOf(host, path, master, since, run))
    }),
    (channel) => Effect.sync(channel.destroy)
  )
