import * as Effect from "effect/Effect"
import type { SessionName } from "../schema/SessionName.ts"
import { Output } from "../services/Output.ts"
import { SessionRegistry } from "../services/SessionRegistry.ts"
import { explainMore } from "./explain.ts"

/** Shells go at once when the terminal hangs up; a program that saves its work gets this long. */
const GRACE_MS = 3000

/** `sesh --kill`: ends sessions; one that cannot be ended does not keep the others alive. */
export const kill = Effect.fn("kill")(function*({ names }: { readonly names: ReadonlyArray<SessionName> }) {
  const output = yield* Output
  const registry = yield* SessionRegistry
  const codes = yield* Effect.forEach(
    names,
    (name) =>
      registry.kill(name, GRACE_MS).pipe(
        Effect.andThen(output.note(`[${name} ended]`)),
        Effect.as(0),
        Effect.catch((error) => Effect.as(Effect.flatMap(explainMore(error), output.note), 1))
      ),
    { concurrency: "unbounded" }
  )
  return Math.max(...codes)
})
