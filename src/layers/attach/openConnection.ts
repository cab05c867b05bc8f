/** One connection of an attachment, from connecting to its end. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Welcome } from "../../schema/protocol/Control.ts"
import { FrameType } from "../../schema/protocol/Frame.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import type { Connection, LateFailure } from "../../services/Connection.ts"
import { NoSession, type SessionClient } from "../../services/SessionClient.ts"
import { type AskError, SessionUnresponsive } from "../../services/SessionRegistry.ts"
import { readAnswer } from "../connection/handshake.ts"

/** A daemon that has not answered by then is stopped or stuck. */
const WELCOME_MS = 5000

/** Nobody answered, in contrast to an answer that is no welcome. */
export class Silent extends Schema.TaggedError<Silent>()("Silent", { reason: Schema.String }) {}

/** The session that was meant is gone, and another one has its name. */
export class Replaced extends Schema.TaggedError<Replaced>()("Replaced", {}) {}

export type ConnectionFailure = AskError | Silent | Replaced

export interface OpenedConnection {
  /** The daemon has let us in. Waits five seconds. */
  readonly welcomed: Effect.Effect<void, ConnectionFailure>
  /** The connection is gone: why, where it did not end in good order. */
  readonly broken: Effect.Effect<string | undefined>
}

export interface ConnectionOptions {
  readonly name: SessionName
  readonly version: string
  /** Made at the last moment. */
  readonly hello: () => Buffer
  /** What follows the welcome comes to `onFrame`. A failure ends the attempt. */
  readonly onWelcome: (connection: Connection, welcome: Welcome) => Result.Result<void, Replaced>
  /** Gives what is wrong with the frame, if anything: the connection is of no use then. */
  readonly onFrame: (type: number, payload: Buffer) => string | undefined
}

/** Connects and says hello. Closing the scope ends the connection. */
export const openConnection = Effect.fnUntraced(
  function*(client: SessionClient["Service"], options: ConnectionOptions) {
    const { name, version } = options
    const connection = yield* client.connect(name)
    const broken = yield* Deferred.make<string | undefined>()
    const welcomed = yield* Deferred.make<void, ConnectionFailure>()
    let isWelcome = false
    const onAnswer = (type: number, payload: Buffer) => {
      const answer = readAnswer(name, version, type, payload)
      if (answer === undefined) return
      isWelcome = true
      const outcome = answer.pipe(
        // Somebody is there: it is not the one that was meant.
        Result.mapError((error) => error._tag === "NoSession" ? new Replaced() : error),
        Result.flatMap((welcome): Result.Result<void, ConnectionFailure> => options.onWelcome(connection, welcome))
      )
      Deferred.doneUnsafe(welcomed, Result.isSuccess(outcome) ? Exit.void : Exit.fail(outcome.failure))
    }
    let isBroken = false
    const end = (reason: string | undefined, failure?: LateFailure) => {
      isBroken = true
      const silent = () => new Silent({ reason: reason ?? "it hung up before it answered" })
      Deferred.doneUnsafe(welcomed, Exit.fail(failure ?? silent()))
      Deferred.doneUnsafe(broken, Exit.succeed(reason))
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
      onClose: end
    })
    connection.send(FrameType.hello, options.hello())
    const opened: OpenedConnection = {
      welcomed: Deferred.await(welcomed).pipe(
        Effect.timeoutOrElse({
          duration: WELCOME_MS,
          orElse: () => Effect.fail(new Silent({ reason: `no welcome in ${WELCOME_MS / 1000} s` }))
        })
      ),
      broken: Deferred.await(broken)
    }
    return opened
  }
)

/** A first connection is not waited for: whatever it failed with is an answer. */
export const firstFailure = (name: SessionName) => (error: ConnectionFailure): AskError => {
  if (error._tag === "Silent") return new SessionUnresponsive({ name, reason: error.reason })
  return error._tag === "Replaced" ? new NoSession({ name, stale: false }) : error
}
