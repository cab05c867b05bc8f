/** Signals on their way to a command, whose host may be out of reach for a while. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import * as Schedule from "effect/Schedule"
import { type EndSignal, GRACE_MS } from "../../schema/protocol/Control.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { type ControlError, SessionControl, type WaitOptions } from "../../services/SessionControl.ts"

/** Time between two attempts, where there is a connection and a signal does not get through. */
const AGAIN_MS = 1000

/** How long a session may leave a signal untaken while there is a connection, beyond the grace: then it is stuck. */
const STUCK_MS = 3000

/** Whether the signal may not have got there. */
const isOnTheWay = (error: ControlError | "lost"): boolean =>
  error === "lost" || error._tag === "SessionLost" || error._tag === "SessionUnresponsive" ||
  (error._tag === "HostError" && error.isPassing)

/**
 * Passes signals on to the command of a session that this process has created. A second one kills at once. One that
 * comes while the connection is lost, or does not get through before it is, has as long as a command has to end: then
 * `givenUp` has the signal. A second one does not wait. The same happens, a little later, where a session takes no
 * signal though there is a connection. One that was under way when a connection broke may come twice. `onState` is to
 * be told of the connection.
 */
export const passSignals = Effect.fnUntraced(function*(name: SessionName, created: string) {
  const control = yield* SessionControl
  const { host } = yield* SessionClient
  const run = yield* FiberSet.makeRuntime<never>()
  const lost = yield* Latch.make(false)
  const back = yield* Latch.make(true)
  const givenUp = yield* Deferred.make<EndSignal>()

  const onState: NonNullable<WaitOptions["onState"]> = ({ _tag }) =>
    Effect.asVoid(_tag === "Lost" ? Effect.andThen(back.close, lost.open) : Effect.andThen(lost.close, back.open))

  const deliver = (signal: EndSignal, graceMs: number) =>
    back.await.pipe(
      Effect.andThen(Effect.raceFirst(
        control.signal({ name, created, signal, graceMs }),
        Effect.andThen(lost.await, Effect.fail("lost" as const))
      )),
      Effect.retry({
        while: (error) => host !== undefined && isOnTheWay(error),
        schedule: Schedule.spaced(AGAIN_MS)
      }),
      // The session may just have ended, and that is about to be known.
      Effect.catch(() => Effect.never)
    )

  let count = 0
  const pass = (signal: EndSignal): void => {
    const graceMs = count++ === 0 ? GRACE_MS : 0
    const giveUp = Effect.sleep(graceMs).pipe(
      Effect.andThen(Effect.raceFirst(lost.await, Effect.sleep(STUCK_MS))),
      Effect.andThen(Deferred.succeed(givenUp, signal))
    )
    run(Effect.raceFirst(deliver(signal, graceMs), giveUp))
  }
  return { pass, onState, givenUp: Deferred.await(givenUp) }
})
