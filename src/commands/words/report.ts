/** How commands report failures to the user, and the exit code of each. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { HostError } from "../../services/HostError.ts"
import { Output } from "../../services/Output.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { SessionLost } from "../../services/SessionControl.ts"
import { explain, explainWithHost, explainWithSuggestions } from "./failures.ts"
import { visible } from "./text.ts"

/** The command did not work. */
const FAILED = 1
/** Wrong usage: the shells' own builtins exit with 2. */
const WRONG_USAGE = 2
/** The connection is lost for good: ssh exits with 255 too. */
export const CONNECTION_LOST = 255

/** An expected failure of a command. */
export interface Failure {
  readonly _tag: string
  readonly message: string
}

/** The command line is wrong (`UsageError`); `form` is the right form. */
interface Usage extends Failure {
  readonly form: string
}

const isUsage = (error: Failure): error is Usage => Predicate.isTagged(error, "UsageError")

/** Prints an expected failure, and returns the exit code. */
export const reportFailure = (error: Failure) =>
  Effect.flatMap(Output, ({ note }) =>
    isUsage(error)
      ? Effect.as(note(`${explain(error)}\nusage: ${visible(error.form)}`), WRONG_USAGE)
      : Effect.as(Effect.flatMap(explainWithSuggestions(error), note), FAILED))

/** Runs a command; prints its failure, if any, and returns the exit code. */
export const reportFailures = <E extends Failure, R>(command: Effect.Effect<number, E, R>) =>
  command.pipe(Effect.catch(reportFailure))

/** Whether a connection to another host broke. On this host a connection only breaks when the session ends. */
const isConnectionLost = (error: Failure) =>
  Effect.map(
    SessionClient,
    ({ host }) =>
      error instanceof HostError
        ? error.kind === "lost"
        : error._tag === "SessionLost" && host !== undefined
  )

/** Whether the session has ended, or may go on without us. */
const mayLive = (error: Failure): boolean => !(error instanceof SessionLost) || error.why === "broken"

/**
 * For a command that stays connected: reports a lost connection, with what that means where the session may live on,
 * and exits with 255.
 */
export const reportConnectionLost = <E extends Failure, R>(command: Effect.Effect<number, E, R>, meaning = "") =>
  command.pipe(Effect.catch(Effect.fnUntraced(function*(error) {
    if (!(yield* isConnectionLost(error))) return yield* Effect.fail(error)
    const { note } = yield* Output
    const message = mayLive(error) ? `${error.message}${meaning}` : error.message
    yield* note(yield* explainWithHost({ _tag: error._tag, message }))
    return CONNECTION_LOST
  })))
