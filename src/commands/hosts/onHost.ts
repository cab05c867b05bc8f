/** Runs commands on another host. */
import * as Effect from "effect/Effect"
import type { HostName } from "../../schema/HostName.ts"
import { Prompt } from "../../services/Prompt.ts"
import { Remotes } from "../../services/Remotes.ts"
import { type Failure, reportFailure } from "../words/report.ts"

/** How one command may connect to a host: a person at a terminal can type passwords. */
export const connectOptions = Effect.map(Prompt, ({ isPossible }) => ({
  prompts: isPossible ? "interactive" as const : "batch" as const
}))

/**
 * Runs a command with the services of another host, and reports its failures. Does not contact the host before the
 * command does. Deploys nothing: a command that only asks leaves the host as it is.
 */
export const runOnHost = Effect.fnUntraced(function*<E extends Failure, R>(
  host: HostName,
  command: Effect.Effect<number, E, R>,
  onFailure: typeof reportFailure = reportFailure
) {
  const options = yield* connectOptions
  const services = yield* (yield* Remotes).at(host, options)
  return yield* Effect.provideContext(command.pipe(Effect.catch(onFailure)), services)
})
