/** Tells whoever asked for a host what it is waited for. */
import * as Effect from "effect/Effect"
import type { ConnectOptions, Wait } from "../../../services/SshTransport.ts"

const nothing = () => {}

/** A wait begins: returns how to say that it is over, which may be said more than once. */
export const beginWait = (options: ConnectOptions | undefined, wait: Wait): () => void =>
  options?.onWait?.(wait) ?? nothing

/** While the effect runs, the host is waited for. */
export const waiting =
  (options: ConnectOptions | undefined, wait: Wait) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    options?.onWait === undefined ? effect : Effect.acquireUseRelease(
      Effect.sync(() => beginWait(options, wait)),
      () => effect,
      (over) => Effect.sync(over)
    )
