/** What a registry asks of one session over its socket, wherever that is. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Control } from "../../schema/protocol/Control.ts"
import { FrameType } from "../../schema/protocol/Frame.ts"
import type { ExitStatus } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { HostError } from "../../services/HostError.ts"
import type { SessionClient } from "../../services/SessionClient.ts"
import { SessionUnresponsive } from "../../services/SessionRegistry.ts"
import { ask, type Asked } from "./conversation.ts"
import { Patience } from "./patience.ts"

/** How long a session may take to answer. */
const PATIENCE_MS = 5_000

/** The kernel hangs a terminal up when the process that held it is gone (signal(7)). */
const SIGHUP = 1

/** `get`, `kill` and `detach` of a `SessionRegistry`. */
export const askSessions = (client: SessionClient["Service"], version: string) => {
  const together = new Patience()
  const question = (name: SessionName) => ask(client, { name, version, patience: PATIENCE_MS, together })

  const get = Effect.fn("SessionRegistry.get")((name: SessionName) =>
    Effect.scoped(Effect.map(question(name), ({ welcome }) => welcome))
  )

  /** Waits for the frame that `read` accepts; none if the session ends first. */
  const hear = <A>(asked: Asked, read: (type: number, payload: Buffer) => Option.Option<A>) =>
    Effect.callback<Option.Option<A>, HostError>((resume) => {
      asked.hear({
        onFrame: (type, payload) => {
          const found = read(type, payload)
          if (Option.isSome(found)) resume(Effect.succeed(found))
        },
        onClose: (end) => {
          // On another host the session may live: only the connection is lost.
          if (end._tag === "Closed" || client.host === undefined) return resume(Effect.succeedNone)
          const { error } = end
          resume(Effect.fail(new HostError({ host: client.host, problem: error.message, kind: "lost", cause: error })))
        }
      })
    })

  const within = (name: SessionName, duration: Duration.Input, reason: string) =>
    together.within(duration, () => Effect.fail(new SessionUnresponsive({ name, reason })))

  const kill = Effect.fn("SessionRegistry.kill")(function*(name: SessionName, graceMs: number) {
    const asked = yield* question(name)
    asked.send(FrameType.kill, Control.kill.encode({ graceMs }))
    const status = yield* hear(
      asked,
      (type, payload) => type === FrameType.exit ? Control.exit.decode(payload) : Option.none()
    ).pipe(
      within(name, graceMs + PATIENCE_MS, "it did not end")
    )
    return Option.getOrElse(status, (): ExitStatus => ({ code: 0, signal: SIGHUP }))
  }, Effect.scoped)

  const detach = Effect.fn("SessionRegistry.detach")(function*(name: SessionName, reason?: string) {
    const asked = yield* question(name)
    asked.send(FrameType.detach, Control.detach.encode(reason === undefined ? {} : { reason }))
    asked.send(FrameType.ping)
    // Frames are handled in order: the answer says that the detach was.
    yield* hear(asked, (type) => type === FrameType.pong ? Option.some(true) : Option.none()).pipe(
      within(name, PATIENCE_MS, "it did not say that it did")
    )
    return asked.welcome.info.clients.filter(({ role }) => role === "attach" || role === "watch").length
  }, Effect.scoped)

  return { get, kill, detach }
}
