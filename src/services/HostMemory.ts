import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { HostName } from "../schema/HostName.ts"
import type { RememberedHost } from "../schema/RememberedHost.ts"

/** Other hosts on which sesh has worked, and what they said last. Never fails: what cannot be read is not known. */
export class HostMemory extends Context.Service<HostMemory, {
  /** Their names, sorted, without reading what is known of them: for completion. */
  readonly names: Effect.Effect<ReadonlyArray<HostName>>
  readonly all: Effect.Effect<ReadonlyArray<RememberedHost>>
  readonly get: (host: HostName) => Effect.Effect<Option.Option<RememberedHost>>
  /** Replaces what was known of the host. Atomic, even if several processes do it at once. */
  readonly remember: (known: RememberedHost) => Effect.Effect<void>
}>()("sesh/services/HostMemory") {}
