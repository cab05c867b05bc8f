import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"

/** Work under a key. Two with the same key are equal: the first one's result counts for both. */
class Run<A, E> implements Equal.Equal {
  readonly key: string
  readonly work: Effect.Effect<A, E>

  constructor(key: string, work: Effect.Effect<A, E>) {
    this.key = key
    this.work = work
  }

  [Equal.symbol](that: unknown): boolean {
    return that instanceof Run && that.key === this.key
  }

  [Hash.symbol](): number {
    return Hash.string(this.key)
  }
}

/** Runs the work of a key, or waits for the run in progress. */
export type SingleFlight<A, E> = (key: string, work: Effect.Effect<A, E>) => Effect.Effect<A, E>

/**
 * Concurrent requests for the same work run it once, and all get its result or failure. Interrupting one leaves the
 * others alone; the work is interrupted with the last of them, or when the scope closes. No result is kept.
 */
export const makeSingleFlight = <A, E>(): Effect.Effect<SingleFlight<A, E>, never, Scope.Scope> =>
  Effect.gen(function*() {
    // An `RcMap` keeps a result until its last user has left; a request after the end must get another run.
    const forget = (run: Run<A, E>): Effect.Effect<void> =>
      Effect.flatMap(RcMap.keys(runs), (keys) =>
        // By identity: after an interrupt another run may have this key.
        Array.from(keys).includes(run) ? RcMap.invalidate(runs, run) : Effect.void)
    const runs: RcMap.RcMap<Run<A, E>, A, E> = yield* RcMap.make({
      lookup: (run: Run<A, E>) => Effect.ensuring(run.work, Effect.suspend(() => forget(run)))
    })
    return (key, work) => Effect.scoped(RcMap.get(runs, new Run(key, work)))
  })
