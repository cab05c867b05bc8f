/** A short conversation with a session: hello, welcome, and the frames after it. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { newId } from "../../schema/Id.ts"
import type { Hello, Role, Welcome } from "../../schema/protocol/Control.ts"
import { FrameType } from "../../schema/protocol/Frame.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import type { Connection, ConnectionEnd, ConnectionHandlers } from "../../services/Connection.ts"
import { NoSession } from "../../services/NoSession.ts"
import type { SessionClient } from "../../services/SessionClient.ts"
import { type AskError, SessionUnresponsive } from "../../services/SessionRegistry.ts"
import { SessionReplaced } from "../../services/SessionReplaced.ts"
import { hello, readAnswer } from "../connection/handshake.ts"
import { type ConnectionFailure, Silent } from "../connection/silent.ts"
import { monotonicMsOf } from "../system/monotonic.ts"
import { Patience } from "./patience.ts"

/** A session on another host may take so long: the second way to its socket may have to wait for a place. */
const HOST_PATIENCE = Duration.seconds(20)

/** After a session has ended while we connected, the name is free this soon. */
const AGAIN_MS = 20

/** Why a session does not answer that ends each connection: it has too many, or too many open files. */
export const HUNG_UP = "it hung up"

export interface Asked {
  readonly welcome: Welcome
  readonly send: Connection["send"]
  /** What comes after the welcome, from its first frame on, and then the end of the connection. Once. */
  readonly hear: (listener: Listener) => void
}

export type Listener = Pick<ConnectionHandlers, "onFrame" | "onClose">

const hungUp = (end: Exclude<ConnectionEnd, { readonly _tag: "NotConnected" }>): Silent =>
  new Silent(end._tag === "Closed" ? {} : { cause: end.error })

const converse = (name: SessionName, version: string, connection: Connection, greeting: Buffer) =>
  Effect.callback<Asked, ConnectionFailure>((resume) => {
    let listener: Listener | undefined
    let welcomed = false
    let over: ConnectionEnd | undefined
    connection.listen({
      onFrame: (type, payload) => {
        if (welcomed) return listener?.onFrame(type, payload)
        const answer = readAnswer(name, version, type, payload)
        if (answer === undefined) return
        welcomed = true
        // Later frames wait for a listener.
        connection.pause()
        // A session answered, but another one of the name.
        const ours = Result.mapError(answer, (error) => error._tag === "NoSession" ? new SessionReplaced() : error)
        resume(Effect.map(Effect.fromResult(ours), (welcome) => ({
          welcome,
          send: connection.send,
          hear: (given) => {
            listener = given
            if (over !== undefined) given.onClose(over)
            else connection.resume()
          }
        })))
      },
      onDrain: () => undefined,
      onClose: (end) => {
        over = end
        if (welcomed) listener?.onClose(end)
        else resume(Effect.fail(end._tag === "NotConnected" ? end.error : hungUp(end)))
      }
    })
    connection.send(FrameType.hello, greeting)
  })

/**
 * Asks many at once, with one patience for all: what a listing can afford. A session that hung up has just ended,
 * or can take no more connections. Closing the scope ends the conversations.
 */
export const askAll = Effect.fnUntraced(function*(
  client: SessionClient["Service"],
  options: { readonly names: ReadonlyArray<SessionName>; readonly version: string; readonly patience: Duration.Input }
) {
  const { names, patience, version } = options
  const answers = new Map<SessionName, Result.Result<Welcome, AskError>>()
  const complete = yield* Deferred.make<void>()
  const clock = yield* Clock.Clock
  const together = new Patience()
  const settle = (name: SessionName, answer: Result.Result<Welcome, AskError>) => {
    together.hear(monotonicMsOf(clock))
    if (!answers.has(name)) answers.set(name, answer)
    if (answers.size === names.length) Deferred.doneUnsafe(complete, Exit.void)
  }
  const greeting = hello(version, "query", { client: yield* newId })
  const question = Effect.fnUntraced(function*(name: SessionName) {
    const connected = yield* Effect.result(client.connect(name))
    if (Result.isFailure(connected)) return settle(name, Result.fail(connected.failure))
    connected.success.listen({
      onFrame: (type, payload) => {
        const answer = readAnswer(name, version, type, payload)
        if (answer !== undefined) settle(name, answer)
      },
      onDrain: () => undefined,
      onClose: () => settle(name, Result.fail(new SessionUnresponsive({ name, reason: HUNG_UP })))
    })
    connected.success.send(FrameType.hello, greeting)
  })
  // All at once: the first ones answer while the last are asked.
  yield* Effect.forEach(names, question, { concurrency: "unbounded", discard: true })
  if (names.length > 0) yield* together.within(patience, () => Effect.void)(Deferred.await(complete))
  return names.map((name) => answers.get(name) ?? Result.fail(silent(name, patience)))
})

const silent = (name: SessionName, patience: Duration.Input) =>
  new SessionUnresponsive({ name, reason: `no answer in ${Duration.toSeconds(patience)} s` })

export interface AskOptions {
  readonly name: SessionName
  readonly version: string
  /** From the connection to the welcome; another host's sessions have 20 seconds at least. */
  readonly patience: Duration.Input
  /** With others that are asked at the same time: see there. */
  readonly together?: Patience
  /** `query` unless given. */
  readonly role?: Role
  readonly more?: Partial<Hello>
}

/** Connects and waits for the welcome, once and for `patience` everywhere. Closing the scope ends the conversation. */
export const askOnce = Effect.fnUntraced(function*(
  client: SessionClient["Service"],
  { more, name, patience, role = "query", together = new Patience(), version }: AskOptions
): Effect.fn.Return<Asked, ConnectionFailure, Scope.Scope> {
  // The user may be asked for a password before there is a connection to the host.
  const connection = yield* client.connect(name)
  const greeting = hello(version, role, { client: yield* newId, ...more })
  const waitedMs = Duration.toMillis(patience)
  return yield* converse(name, version, connection, greeting).pipe(
    together.within(patience, () => Effect.fail(new Silent({ waitedMs })))
  )
})

/** As `AskOptions` have it: how long a session may take to answer that is there, or on the client's host. */
export const patienceOf = (client: SessionClient["Service"], patience: Duration.Input): Duration.Duration =>
  client.host === undefined
    ? Duration.fromInputUnsafe(patience)
    : Duration.max(Duration.fromInputUnsafe(patience), HOST_PATIENCE)

const isHungUp = (error: ConnectionFailure): boolean => error._tag === "Silent" && error.waitedMs === undefined

/** Connects and waits for the welcome. Closing the scope ends the conversation. */
export const ask = (
  client: SessionClient["Service"],
  options: AskOptions
): Effect.Effect<Asked, AskError, Scope.Scope> => {
  const { name } = options
  const patience = patienceOf(client, options.patience)
  const once = askOnce(client, { ...options, patience })
  return once.pipe(
    // It may have been ending: then the second attempt finds no session.
    Effect.catchIf(isHungUp, () => Effect.andThen(Effect.sleep(AGAIN_MS), once)),
    Effect.mapError((error): AskError => {
      if (error._tag === "SessionReplaced") return new NoSession({ name, stale: false })
      if (error._tag !== "Silent") return error
      if (error.waitedMs !== undefined) return silent(name, patience)
      const { cause } = error
      return new SessionUnresponsive({ name, reason: HUNG_UP, ...(cause === undefined ? {} : { cause }) })
    })
  )
}
