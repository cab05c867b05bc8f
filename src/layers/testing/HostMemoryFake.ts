import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { HostName } from "../../schema/HostName.ts"
import type { KnownHost } from "../../schema/RememberedHost.ts"
import { Hosts } from "../../services/HostMemory.ts"

/** Remembers as long as the process lives. */
export const layer = (given: Iterable<KnownHost> = []): Layer.Layer<Hosts> =>
  Layer.sync(Hosts, () => {
    const known = new Map(Array.from(given, (host) => [host.host, host] as const))
    const names = (): ReadonlyArray<HostName> => [...known.keys()].toSorted()
    return Hosts.of({
      names: Effect.sync(names),
      all: Effect.sync(() => names().map((name) => known.get(name)!)),
      get: (host) => Effect.sync(() => Option.fromUndefinedOr(known.get(host))),
      remember: (host) => Effect.sync(() => void known.set(host.host, host))
    })
  })
