import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

interface Flight<A, E> {
  readonly landed: Deferred.Deferred<A, E>
  fiber: Fiber.Fiber<unknown, unknown> | undefined
  waiting: number
}

/**
 * Work that many want at once and that is done once: who comes meanwhile waits for the same. It ends early when nobody
 * waits for it any more. Nothing is kept after it.
 */
export const makeFlights = <A, E>(scope: Scope.Scope) => {
  const flights = new Map<string, Flight<A, E>>()

  const depart = (key: string, work: Effect.Effect<A, E>): Effect.Effect<Flight<A, E>> =>
    Effect.suspend(() => {
      const flight: Flight<A, E> = { landed: Deferred.makeUnsafe(), fiber: undefined, waiting: 0 }
      flights.set(key, flight)
      const flown = Effect.interruptible(work).pipe(
        Effect.onExit((exit) =>
          Effect.suspend(() => {
            if (flights.get(key) === flight) flights.delete(key)
            return Deferred.done(flight.landed, exit)
          })
        )
      )
      return Effect.map(Effect.forkIn(flown, scope), (fiber) => {
        flight.fiber = fiber
        return flight
      })
    })

  return (key: string, work: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
      const flight = flights.get(key) ?? (yield* depart(key, work))
      flight.waiting++
      const leave = Effect.suspend(() => {
        flight.waiting--
        if (flight.waiting > 0 || flight.fiber === undefined || Deferred.isDoneUnsafe(flight.landed)) return Effect.void
        if (flights.get(key) === flight) flights.delete(key)
        return Fiber.interrupt(flight.fiber)
      })
      return yield* Effect.onInterrupt(restore(Deferred.await(flight.landed)), () => leave)
    }))
}
