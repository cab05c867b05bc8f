/** Commands on another host, and how every command's failures are told. */
import * as Effect from "effect/Effect"
import type { HostName } from "../../schema/HostName.ts"
import type { HostError } from "../../services/HostError.ts"
import { Output } from "../../services/Output.ts"
import { Prompt } from "../../services/Prompt.ts"
import { Remotes } from "../../services/Remotes.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import type { UsageError } from "../language/UsageError.ts"
import { explain, explainMore, explainThere } from "../words/failures.ts"
import { visible } from "../words/text.ts"
import { withSesh } from "./deployment.ts"

/** It did not work. */
const FAILED = 1
/** Wrong usage: the shells' own builtins say it with 2. */
const WRONG_USAGE = 2
/** The connection is lost for good: as ssh says it. */
export const CONNECTION_LOST = 255

export interface Failure {
  readonly _tag: string
  readonly message: string
}

const isUsage = (error: Failure): error is UsageError => error._tag === "UsageError"

/** Tells the user of an expected failure, and gives the exit code. */
const tell = (error: Failure) =>
  Effect.flatMap(Output, ({ note }) =>
    isUsage(error)
      ? Effect.as(note(`${explain(error)}\nusage: ${visible(error.form)}`), WRONG_USAGE)
      : Effect.as(Effect.flatMap(explainMore(error), note), FAILED))

/** A command whose failures are told, and give its exit code. */
export const told = <E extends Failure, R>(command: Effect.Effect<number, E, R>) => command.pipe(Effect.catch(tell))

/** How a host may be asked for the sake of one command: where a person is, passwords may be typed. */
export const connecting = Effect.map(Prompt, ({ isPossible }) => ({
  prompts: isPossible ? "interactive" as const : "batch" as const
}))

/**
 * Does on another host what the command says, and tells of its failures. Asks nothing of the host before the command does.
 * Where there is no sesh for it, ours is put there, and the command runs again.
 */
export const there = Effect.fnUntraced(function*<E extends Failure, R>(
  host: HostName,
  command: Effect.Effect<number, E, R>,
  tellOf: typeof tell = tell
) {
  const options = yield* connecting
  const services = yield* (yield* Remotes).at(host, options)
  const work = withSesh<number, E | HostError, R>(host, command, options)
  return yield* Effect.provideContext(work.pipe(Effect.catch(tellOf)), services)
})

/** There was a connection to another host, and it broke. On this host only a session's end ends one. */
export const isLost = (error: Failure) =>
  Effect.map(
    SessionClient,
    ({ host }) =>
      error._tag === "HostError"
        ? (error as Failure as HostError).kind === "lost"
        : error._tag === "SessionLost" && host !== undefined
  )

/** A command that stays connected: a connection that is lost is said, with what that means, and has a status of its own. */
export const orLost = <E extends Failure, R>(command: Effect.Effect<number, E, R>, meaning = "") =>
  command.pipe(Effect.catch(Effect.fnUntraced(function*(error) {
    if (!(yield* isLost(error))) return yield* Effect.fail(error)
    const { note } = yield* Output
    yield* note(yield* explainThere({ _tag: error._tag, message: `${error.message}${meaning}` }))
    return CONNECTION_LOST
  })))
