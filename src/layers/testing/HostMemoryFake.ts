import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { HostName } from "../../schema/HostName.ts"
import { type RememberedHost, sinceOf } from "../../schema/RememberedHost.ts"
import { HostMemory } from "../../services/HostMemory.ts"

/** What is remembered, and how often the list of hosts was read. */
export class HostMemoryTestRef extends Context.Service<HostMemoryTestRef, {
  readonly known: Map<HostName, RememberedHost>
  readonly reads: () => number
}>()("sesh/layers/testing/HostMemoryTestRef") {}

/** Remembers as long as the process lives. */
export const layer = (given: Iterable<RememberedHost> = []): Layer.Layer<HostMemory | HostMemoryTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const known = new Map(Array.from(given, (host) => [host.host, host] as const))
    let reads = 0
    const names = Effect.sync((): ReadonlyArray<HostName> => {
      reads++
      return [...known.keys()].toSorted()
    })
    return Context.make(HostMemoryTestRef, { known, reads: () => reads }).pipe(Context.add(HostMemory, {
      names,
      all: Effect.map(names, (names) => names.map((name) => known.get(name)!)),
      get: (host) => Effect.sync(() => Option.fromUndefinedOr(known.get(host))),
      remember: (host) =>
        Effect.sync(() => {
          const since = sinceOf(Option.fromUndefinedOr(known.get(host.host)), host)
          known.set(host.host, { ...host, since })
        }),
      forget: (host) => Effect.sync(() => known.delete(host))
    }))
  }))
