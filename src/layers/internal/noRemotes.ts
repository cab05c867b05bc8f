/** TEMPORARY, until Remotes and Hosts have layers: no host is known, and none can be reached. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HostError } from "../../services/HostError.ts"
import { Hosts } from "../../services/Hosts.ts"
import { Remotes } from "../../services/Remotes.ts"

export const layer: Layer.Layer<Remotes | Hosts> = Layer.mergeAll(
  Layer.succeed(Remotes, {
    at: () => Effect.die("there are no other hosts yet"),
    look: (host) => Effect.fail(new HostError({ host, problem: "there are no other hosts yet", kind: "unreachable" }))
  }),
  Layer.succeed(Hosts, {
    names: Effect.succeed([]),
    all: Effect.succeed([]),
    get: () => Effect.succeedNone,
    remember: () => Effect.void
  })
)
