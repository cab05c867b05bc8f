import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { messageOf } from "../schema/Text.ts"

/** The lock is not available: another process held it too long, or its file cannot be used. */
export class LockError extends Schema.TaggedError<LockError>()("LockError", {
  path: Schema.String,
  /** Milliseconds that another process held it while we waited. */
  heldMs: Schema.optionalKey(Schema.Int),
  /** Process that holds it, where the system tells. */
  holder: Schema.optionalKey(Schema.Int),
  /** Why its file cannot be used: what is wrong, and what to do about it; missing where only the cause is known. */
  problem: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  get isHeld(): boolean {
    return this.heldMs !== undefined
  }
  override get message() {
    const { cause, heldMs, holder, path, problem } = this
    if (heldMs === undefined) return `cannot lock ${path}: ${problem ?? messageOf(cause)}`
    const [which, how] = holder === undefined
      ? ["", ""]
      : [` (process ${holder})`, ` (kill -CONT ${holder} lets it go on, kill ${holder} ends it)`]
    return `cannot lock ${path}: another sesh${which} has held it for ${heldMs / 1000} s; is one of them stopped?${how}`
  }
}

/** One holder at a time among all processes of this user; a holder that dies releases it. */
export class Lock extends Context.Service<Lock, {
  /** Runs `effect` while holding the lock. Waits for up to ten seconds. Not reentrant. */
  readonly withLock: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | LockError, R>
}>()("sesh/services/Lock") {}
