import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { HostName } from "../../schema/HostName.ts"
import type { RememberedHost } from "../../schema/RememberedHost.ts"
import { HostMemory } from "../../services/HostMemory.ts"

/** Remembers as long as the process lives. */
export const layer = (given: Iterable<RememberedHost> = []): Layer.Layer<HostMemory> =>
  Layer.sync(HostMemory, () => {
    const known = new Map(Array.from(given, (host) => [host.host, host] as const))
    const names = (): ReadonlyArray<HostName> => [...known.keys()].toSorted()
    return HostMemory.of({
      names: Effect.sync(names),
      all: Effect.sync(() => names().map((name) => known.get(name)!)),
      get: (host) => Effect.sync(() => Option.fromUndefinedOr(known.get(host))),
      remember: (host) => Effect.sync(() => void known.set(host.host, host))
    })
  })
