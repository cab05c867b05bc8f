import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"

/** Work under a key. Two of the same key are equal: the first one's work stands for both. */
class Flight<A, E> implements Equal.Equal {
  readonly key: string
  readonly work: Effect.Effect<A, E>

  constructor(key: string, work: Effect.Effect<A, E>) {
    this.key = key
    this.work = work
  }

  [Equal.symbol](that: unknown): boolean {
    return that instanceof Flight && that.key === this.key
  }

  [Hash.symbol](): number {
    return Hash.string(this.key)
  }
}

/** Runs the work of a key, or waits for the run that is under way. */
export type SingleFlight<A, E> = (key: string, work: Effect.Effect<A, E>) => Effect.Effect<A, E>

/**
 * Work that several ask for at once runs once, and all get its result or failure. An asker that is interrupted leaves the
 * others alone; when the last one has left, or the scope closes, the work is interrupted. Nothing is kept after it.
 */
export const makeSingleFlight = <A, E>(): Effect.Effect<SingleFlight<A, E>, never, Scope.Scope> =>
  Effect.gen(function*() {
    // An `RcMap` holds a result until its last asker has left; who asks after the end gets another run all the same.
    const forget = (flight: Flight<A, E>): Effect.Effect<void> =>
      Effect.flatMap(RcMap.keys(flights), (keys) =>
        // By identity: after an interrupt there may be another flight under this key already.
        Array.from(keys).includes(flight) ? RcMap.invalidate(flights, flight) : Effect.void)
    const flights: RcMap.RcMap<Flight<A, E>, A, E> = yield* RcMap.make({
      lookup: (flight: Flight<A, E>) => Effect.ensuring(flight.work, Effect.suspend(() => forget(flight)))
    })
    return (key, work) => Effect.scoped(RcMap.get(flights, new Flight(key, work)))
  })
