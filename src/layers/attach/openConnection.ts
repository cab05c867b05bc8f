/** One connection of an attachment, from its start to its end. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { Welcome } from "../../schema/protocol/Control.ts"
import { FrameType } from "../../schema/protocol/Frame.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import type { Connection, ConnectionBroken } from "../../services/Connection.ts"
import type { LoopError } from "../../services/LoopError.ts"
import { NoSession } from "../../services/NoSession.ts"
import type { ProtocolViolated } from "../../services/ProtocolViolated.ts"
import type { SessionClient } from "../../services/SessionClient.ts"
import { type AskError, SessionUnresponsive } from "../../services/SessionRegistry.ts"
import { SessionReplaced } from "../../services/SessionReplaced.ts"
import { readAnswer } from "../connection/handshake.ts"
import { type ConnectionFailure, Silent } from "../connection/silent.ts"

/** A daemon that takes longer to answer is stopped or stuck. */
const WELCOME_MS = 5000

/** On another host, where sesh may first be started to say where the session is: a slow one takes seconds for that. */
export const HOST_WELCOME_MS = 20_000

/** How long a session may take to say welcome: one of `host`, or of this machine. */
export const welcomeMs = (host: string | undefined): number => host === undefined ? WELCOME_MS : HOST_WELCOME_MS

export interface OpenedConnection {
  /** Waits for the daemon's welcome. */
  readonly welcomed: (limitMs: number) => Effect.Effect<void, ConnectionFailure>
  /** Waits for the connection's end. Returns the failure, if it did not end in order. */
  readonly broken: Effect.Effect<ConnectionBroken | ProtocolViolated | undefined>
}

export interface ConnectionOptions {
  readonly name: SessionName
  readonly version: string
  /** Called just before it is sent. */
  readonly hello: () => Buffer
  /** Called before any `onFrame`. A failure ends the attempt. */
  readonly onWelcome: (connection: Connection, welcome: Welcome) => Result.Result<void, LoopError | SessionReplaced>
  /** Returns what is wrong with the frame, if anything: then the connection is closed. */
  readonly onFrame: (type: number, payload: Buffer) => ProtocolViolated | undefined
}

/** Connects and says hello. Closing the scope ends the connection. */
export const openConnection = Effect.fnUntraced(
  function*(client: SessionClient["Service"], options: ConnectionOptions) {
    const { name, version } = options
    const connection = yield* client.connect(name)
    const broken = yield* Deferred.make<ConnectionBroken | ProtocolViolated | undefined>()
    const welcomed = yield* Deferred.make<void, ConnectionFailure>()
    let isWelcome = false
    const onAnswer = (type: number, payload: Buffer) => {
      const answer = readAnswer(name, version, type, payload)
      if (answer === undefined) return
      isWelcome = true
      const outcome = answer.pipe(
        // A session answered, but another one of the name.
        Result.mapError((error) => error._tag === "NoSession" ? new SessionReplaced() : error),
        Result.flatMap((welcome): Result.Result<void, ConnectionFailure> => options.onWelcome(connection, welcome))
      )
      Deferred.doneUnsafe(welcomed, Result.isSuccess(outcome) ? Exit.void : Exit.fail(outcome.failure))
    }
    let isBroken = false
    const end = (error: ConnectionBroken | ProtocolViolated | undefined) => {
      isBroken = true
      Deferred.doneUnsafe(welcomed, Exit.fail(new Silent(error === undefined ? {} : { cause: error })))
      Deferred.doneUnsafe(broken, Exit.succeed(error))
    }
    connection.listen({
      onFrame: (type, payload) => {
        if (isBroken) return
        if (!isWelcome) return onAnswer(type, payload)
        const problem = options.onFrame(type, payload)
        if (problem === undefined) return
        end(problem)
        connection.destroy()
      },
      onDrain: () => {},
      onClose: (how) => {
        if (how._tag === "NotConnected") Deferred.doneUnsafe(welcomed, Exit.fail(how.error))
        else end(how._tag === "Closed" ? undefined : how.error)
      }
    })
    connection.send(FrameType.hello, options.hello())
    const opened: OpenedConnection = {
      welcomed: (limitMs) =>
        Effect.timeoutOrElse(Deferred.await(welcomed), {
          duration: limitMs,
          orElse: () => Effect.fail(new Silent({ waitedMs: limitMs }))
        }),
      broken: Deferred.await(broken)
    }
    return opened
  }
)

/** The first connection is not retried: its failure is the user's answer. */
export const firstFailure = (name: SessionName) => (error: ConnectionFailure): AskError => {
  if (error._tag === "Silent") return new SessionUnresponsive({ name, reason: error.message, cause: error })
  return error._tag === "SessionReplaced" ? new NoSession({ name, stale: false }) : error
}
