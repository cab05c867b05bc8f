/** Runs commands on another host. */
import * as Effect from "effect/Effect"
import type { HostName } from "../../schema/HostName.ts"
import { Prompt } from "../../services/Prompt.ts"
import { Remotes } from "../../services/Remotes.ts"
import type { ConnectOptions } from "../../services/SshTransport.ts"
import { type Failure, reportFailure } from "../words/report.ts"
import { tellWaits } from "./waiting.ts"

/** How one command may connect to a host: a person at a terminal can type passwords, and hears of long waits. */
export const connectOptions = Effect.fnUntraced(function*(host: HostName) {
  const { isPossible } = yield* Prompt
  const onWait = yield* tellWaits(host)
  return { prompts: isPossible ? "interactive" : "batch", onWait } satisfies ConnectOptions
})

/**
 * Runs a command with the services of another host, and reports its failures. Does not contact the host before the
 * command does. Deploys nothing: a command that only asks leaves the host as it is. `given`: how to connect, where that
 * is known already.
 */
export const runOnHost = Effect.fnUntraced(function*<E extends Failure, R>(
  host: HostName,
  command: Effect.Effect<number, E, R>,
  onFailure: typeof reportFailure = reportFailure,
  given?: ConnectOptions
) {
  const options = given ?? (yield* connectOptions(host))
  const services = yield* (yield* Remotes).at(host, options)
  return yield* Effect.provideContext(command.pipe(Effect.catch(onFailure)), services)
}, Effect.scoped)
