import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { HostName } from "../schema/HostName.ts"
import type { RememberedHost } from "../schema/RememberedHost.ts"
import { messageOf } from "../schema/Text.ts"

/** What is remembered of a host could not be removed. */
export class ForgetError extends Schema.TaggedError<ForgetError>()("ForgetError", {
  path: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    return `cannot remove ${this.path}: ${messageOf(this.cause)}`
  }
}

/** Other hosts on which sesh has worked, and what they said last. What cannot be read is not known. */
export class HostMemory extends Context.Service<HostMemory, {
  /** Their names, sorted, without reading what is known of them: for completion. */
  readonly names: Effect.Effect<ReadonlyArray<HostName>>
  readonly all: Effect.Effect<ReadonlyArray<RememberedHost>>
  readonly get: (host: HostName) => Effect.Effect<Option.Option<RememberedHost>>
  /** Replaces what was known of the host, but for `since`. Atomic, even if several processes do it at once. */
  readonly remember: (known: RememberedHost) => Effect.Effect<void>
  /** Forgets the host, and which of the user's files it has. False: it was not known. */
  readonly forget: (host: HostName) => Effect.Effect<boolean, ForgetError>
}>()("sesh/services/HostMemory") {}
