import * as Effect from "effect/Effect"
import type { HostName } from "../../schema/HostName.ts"
import { Output } from "../../services/Output.ts"
import { Remotes } from "../../services/Remotes.ts"
import { hosts } from "../language/params.ts"
import { verb } from "../language/verb.ts"
import { explain } from "../words/failures.ts"
import { deployShown, outcome, sayWhoRuns } from "./deployment.ts"
import { tellWaits } from "./waiting.ts"

/** `sesh --deploy @<host>...`. */
export const deploy = verb({
  name: "deploy",
  help: {
    group: "On other hosts",
    form: "sesh --deploy @<host>...",
    meaning: "put this sesh on a host",
    details: [
      "To `~/.local/bin/sesh` on each `<host>`, which is a name from your ssh configuration or `user@host`. If npm is there and can get the package, it installs that; otherwise a copy is sent: of this very `sesh` where the platforms match, else of the one for the host's platform, from the folder `SESH_EXECUTABLES` or fetched here from npm's registry. What is there is replaced when the new one is whole and has run there, and sessions that run go on. A version that is not older is left alone. If typing `sesh` there runs another program, a line says which one."
    ]
  },
  params: { hosts },
  run: ({ hosts }) => deployAll(hosts)
})

/** One host after the other, because any of them may ask for a password. */
const deployAll = Effect.fn("deploy")(function*(hosts: ReadonlyArray<HostName>) {
  const output = yield* Output
  const remotes = yield* Remotes
  const codes = yield* Effect.forEach(
    hosts,
    (host) =>
      Effect.flatMap(tellWaits(host), (onWait) => deployShown(host, { prompts: "interactive", onWait })).pipe(
        Effect.scoped,
        // This makes it a known host.
        Effect.tap(() => Effect.ignore(remotes.look(host))),
        Effect.tap((deployed) => output.print(`${host}: ${outcome(deployed)}`)),
        Effect.tap((deployed) => sayWhoRuns(host, deployed)),
        Effect.as(0),
        Effect.catchTag("DeployError", (error) => Effect.as(output.note(explain(error)), 1))
      )
  )
  return Math.max(...codes)
})
