import * as Effect from "effect/Effect"
import type { HostName } from "../../schema/HostName.ts"
import { Output } from "../../services/Output.ts"
import { Remotes } from "../../services/Remotes.ts"
import { explain } from "../words/failures.ts"
import { deployShown, outcome } from "./deployment.ts"

/** `sesh --deploy @<host>...`: one after the other, as any of them may ask for a password. */
export const deploy = Effect.fn("deploy")(function*({ hosts }: { readonly hosts: ReadonlyArray<HostName> }) {
  const output = yield* Output
  const remotes = yield* Remotes
  const codes = yield* Effect.forEach(hosts, (host) =>
    deployShown(host, { prompts: "interactive" }).pipe(
      // From now on it is a host that is known.
      Effect.tap(() => Effect.ignore(remotes.look(host))),
      Effect.flatMap((deployed) => output.print(`${host}: ${outcome(deployed)}`)),
      Effect.as(0),
      Effect.catchTag("DeployError", (error) => Effect.as(output.note(explain(error)), 1))
    ))
  return Math.max(...codes)
})
