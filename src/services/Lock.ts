import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The lock could not be had: somebody has held it for too long, or its file cannot be used. */
export class LockError extends Schema.TaggedError<LockError>()("LockError", {
  path: Schema.String,
  reason: Schema.String,
  /** Somebody else had it for as long as we waited. */
  isHeld: Schema.Boolean
}) {
  override get message() {
    return `cannot lock ${this.path}: ${this.reason}`
  }
}

/** One holder at a time among all processes of this user; a holder that dies lets go. */
export class Lock extends Context.Service<Lock, {
  /** Runs `effect` while holding the lock. Waits for up to ten seconds. Not reentrant. */
  readonly withLock: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | LockError, R>
}>()("sesh/services/Lock") {}
