import * as Effect from "effect/Effect"
import type { SessionSpec } from "../../schema/Session.ts"
import { DaemonLauncher, type LaunchOptions } from "../../services/DaemonLauncher.ts"
import { Output } from "../../services/Output.ts"
import { explain } from "../words/failures.ts"

/** Starts a session, and prints its warning, if there is one. */
export const launch = Effect.fn("launch")(function*(spec: SessionSpec, options?: LaunchOptions) {
  const launched = yield* (yield* DaemonLauncher).launch(spec, options)
  if (launched.warning !== undefined) yield* (yield* Output).note(explain({ message: launched.warning }))
  return launched
})
