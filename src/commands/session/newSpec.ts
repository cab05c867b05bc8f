import * as Effect from "effect/Effect"
import { DEFAULT_SIZE, type SessionSpec } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { Caller } from "../../services/Caller.ts"
import { Tty } from "../../services/Tty.ts"

/** The spec of a session with the environment, directory and window size of this sesh's caller. */
export const newSpec = Effect.fnUntraced(function*(given: {
  readonly name: SessionName
  readonly dir: string | undefined
  readonly command: ReadonlyArray<string> | undefined
  readonly awaited: boolean
}) {
  const caller = yield* Caller
  const tty = yield* Tty
  const signals = caller.signals()
  const agent = caller.agentSocket()
  return {
    name: given.name,
    dir: given.dir === undefined ? caller.cwd : caller.resolve(given.dir),
    ...(given.command === undefined ? {} : { command: given.command }),
    // By a way that lasts: where this is a session itself, its own link to the agent goes with it.
    env: { ...caller.environment(), ...(agent === undefined ? {} : { SSH_AUTH_SOCK: agent }) },
    ...(signals === undefined ? {} : { signals }),
    size: tty.size() ?? DEFAULT_SIZE,
    awaited: given.awaited
  } satisfies SessionSpec
})
