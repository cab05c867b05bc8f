/** Signals that come before there is a command to pass them to. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type EndSignal, GRACE_MS } from "../../schema/protocol/Control.ts"
import { Signals } from "../../services/Signals.ts"

/**
 * Listens from now on, while the scope is open: a signal must not leave a command behind that the user does not know
 * of. Before the session is asked for (`onAsked`), one ends the wait for it at once: then `givenUp` has the signal.
 * After that it has as long as a command has to end, and a second one does not wait. `handOver` passes on those that
 * came, and from then on all.
 */
export const earlySignals = Effect.gen(function*() {
  const came: Array<EndSignal> = []
  const first = yield* Deferred.make<EndSignal>()
  const second = yield* Deferred.make<void>()
  let isAsked = false
  let pass = (signal: EndSignal): void => {
    if (came.push(signal) > 1) Deferred.doneUnsafe(second, Exit.void)
    Deferred.doneUnsafe(first, Exit.succeed(signal))
  }
  yield* (yield* Signals).listen((signal) => pass(signal))
  const grace = Effect.raceFirst(Effect.sleep(GRACE_MS), Deferred.await(second))

  return {
    onAsked: (): void => {
      isAsked = true
    },
    isAsked: (): boolean => isAsked,
    givenUp: Effect.tap(Deferred.await(first), () => isAsked ? grace : Effect.void),
    handOver: (to: typeof pass): void => {
      pass = to
      for (const signal of came) to(signal)
    }
  }
})
