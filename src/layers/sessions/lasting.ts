/**
 * A conversation with one session that outlasts its connections: on another host a connection may break, and the
 * session goes on. On this machine a connection ends only with its session.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { newId } from "../../schema/Id.ts"
import type { Hello } from "../../schema/protocol/Control.ts"
import type { Ended } from "../../schema/Session.ts"
import type { EndedSessions } from "../../services/EndedSessions.ts"
import type { NoSession } from "../../services/NoSession.ts"
import type { Output } from "../../services/Output.ts"
import type { SessionClient } from "../../services/SessionClient.ts"
import { type ControlState, SessionLost } from "../../services/SessionControl.ts"
import type { AskError } from "../../services/SessionRegistry.ts"
import { SessionReplaced } from "../../services/SessionReplaced.ts"
import { closable } from "../connection/closable.ts"
import { isPassing, reconnectSaying } from "../connection/reconnect.ts"
import type { ConnectionFailure } from "../connection/silent.ts"
import { ask, type Asked, askOnce, type AskOptions, patienceOf } from "./conversation.ts"

export interface Parties {
  readonly client: SessionClient["Service"]
  readonly endedSessions: EndedSessions["Service"]
  readonly note: Output["Service"]["note"]
}

export interface LastingOptions<A, E> extends Omit<AskOptions, "more" | "together"> {
  /** Id of the session, if it is known to be there: then the first connection may break too. */
  readonly session?: string | undefined
  /** What each hello says beside the client's id. `session`: its id, from the second connection on. */
  readonly more?: (session: string | undefined) => Partial<Hello>
  /** From one welcome on. Fails with a `SessionLost` that is `gone` or `broken` when that connection is over. */
  readonly talk: (asked: Asked) => Effect.Effect<A, E | SessionLost>
  /** The session has ended while there was no connection. */
  readonly onEnded: (ended: Ended) => Effect.Effect<A, E | SessionLost>
  readonly onState?: ((state: ControlState) => Effect.Effect<void>) | undefined
}

/** The connection is over, and the session need not be. */
const isOver = (error: unknown): error is SessionLost =>
  error instanceof SessionLost && (error.why === "gone" || error.why === "broken")

/** How a session has ended; none if it is another one of the name, or not known. */
const endOf = (endedSessions: EndedSessions["Service"], name: AskOptions["name"], session: string) =>
  Effect.map(endedSessions.get(name), Option.filter(({ id }) => id === session))

/** Of a failure that no retry heals. */
const lostFor = (name: string) => (cause: ConnectionFailure): SessionLost => {
  const why = cause._tag === "SessionReplaced" ? "replaced" : cause._tag === "NoSession" ? "gone" : "broken"
  return new SessionLost({ name, why, cause })
}

/** Talks until it is done. Tries again and again to connect, and says so, where the first connection was made. */
export const lasting = Effect.fnUntraced(function*<A, E>(
  { client, endedSessions, note }: Parties,
  options: LastingOptions<A, E>
): Effect.fn.Return<A, AskError | E | SessionLost, Scope.Scope> {
  const { more, name, onState, talk } = options
  const { host } = client
  const clientId = yield* newId
  const patience = patienceOf(client, options.patience)
  const withMore = (session: string | undefined): AskOptions => ({
    ...options,
    patience,
    more: { client: clientId, ...more?.(session) }
  })

  /** One attempt to connect to that session, or to learn how it has ended. */
  const attempt = (session: string) =>
    Effect.suspend(() => closable(askOnce(client, withMore(session)))).pipe(
      Effect.flatMap((opened) =>
        opened.welcome.info.id === session
          ? Effect.succeed(opened)
          : Effect.andThen(opened.close, Effect.fail(new SessionReplaced()))
      ),
      Effect.catchTag("NoSession", (error: NoSession) =>
        Effect.flatMap(endOf(endedSessions, name, session), (ended) =>
          Option.isSome(ended) ? Effect.succeed(ended.value) : Effect.fail(error)))
    )

  const again = Effect.fnUntraced(function*(host: string, session: string, reason: string) {
    yield* onState?.({ _tag: "Lost", reason }) ?? Effect.void
    const next = yield* reconnectSaying(host, note, attempt(session))
    yield* onState?.({ _tag: "Resumed" }) ?? Effect.void
    return next
  })

  const first = host === undefined || options.session === undefined
    ? closable(ask(client, withMore(options.session)))
    : attempt(options.session).pipe(
      Effect.catchIf(isPassing, (error) => again(host, options.session!, error.message)),
      Effect.mapError(lostFor(name))
    )
  for (let current = yield* first;;) {
    if ("status" in current) return yield* options.onEnded(current)
    const said = yield* Effect.result(talk(current))
    if (Result.isSuccess(said)) return said.success
    const error = said.failure
    if (host === undefined || !isOver(error)) return yield* Effect.fail(error)
    yield* current.close
    current = yield* Effect.mapError(again(host, current.welcome.info.id, error.reason), lostFor(name))
  }
})
