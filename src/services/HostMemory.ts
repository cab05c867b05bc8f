import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { HostName } from "../schema/HostName.ts"
import type { RememberedHost } from "../schema/RememberedHost.ts"

/** Other hosts on which sesh has worked, and what they said last. A memory: failures are no errors, a file that makes no sense is not there. */
export class HostMemory extends Context.Service<HostMemory, {
  /** By name, without reading what is known of them: for completion. */
  readonly names: Effect.Effect<ReadonlyArray<HostName>>
  readonly all: Effect.Effect<ReadonlyArray<RememberedHost>>
  readonly get: (host: HostName) => Effect.Effect<Option.Option<RememberedHost>>
  /** Replaces what was known of the host. Whole or not at all, whoever else does the same. */
  readonly remember: (known: RememberedHost) => Effect.Effect<void>
}>()("sesh/services/HostMemory") {}
