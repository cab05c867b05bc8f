/** Runs commands on another host. */
import * as Effect from "effect/Effect"
import type { HostName } from "../../schema/HostName.ts"
import type { HostError } from "../../services/HostError.ts"
import { Prompt } from "../../services/Prompt.ts"
import { Remotes } from "../../services/Remotes.ts"
import { type Failure, reportFailure } from "../words/report.ts"
import { withSesh } from "./deployment.ts"

/** How one command may connect to a host: a person at a terminal can type passwords. */
export const connectOptions = Effect.map(Prompt, ({ isPossible }) => ({
  prompts: isPossible ? "interactive" as const : "batch" as const
}))

/**
 * Runs a command with the services of another host, and reports its failures. Does not contact the host before the
 * command does. If the host has no sesh that fits, deploys ours, and runs the command again.
 */
export const runOnHost = Effect.fnUntraced(function*<E extends Failure, R>(
  host: HostName,
  command: Effect.Effect<number, E, R>,
  onFailure: typeof reportFailure = reportFailure
) {
  const options = yield* connectOptions
  const services = yield* (yield* Remotes).at(host, options)
  const work = withSesh<number, E | HostError, R>(host, command, options)
  return yield* Effect.provideContext(work.pipe(Effect.catch(onFailure)), services)
})
