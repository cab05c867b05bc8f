/** How long sessions may take that are asked at the same time. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { monotonicMs } from "../system/monotonic.ts"

/** Time to read what has come while this process had no CPU, milliseconds. */
const CATCH_UP_MS = 20

/**
 * On a busy machine many sessions take long together. So the time begins again with each answer of any of them: one
 * does not answer when all have been silent for that long.
 */
export class Patience {
  private answeredAt = 0

  /** A session has answered. */
  readonly heard: Effect.Effect<void> = Effect.map(monotonicMs, (now) => this.hear(now))

  /** `now`: monotonic, in milliseconds. */
  hear(now: number): void {
    this.answeredAt = now
  }

  /** Ends when no session has answered for `duration`, from now at the earliest. */
  exhausted(duration: Duration.Input): Effect.Effect<void> {
    const ms = Duration.toMillis(Duration.fromInputUnsafe(duration))
    return Effect.gen({ self: this }, function*() {
      const begun = yield* monotonicMs
      let isLast = false
      while (true) {
        const left = Math.max(begun, this.answeredAt) + ms - (yield* monotonicMs)
        if (left <= 0 && isLast) return
        isLast = left <= 0
        yield* Effect.sleep(isLast ? CATCH_UP_MS : left)
      }
    })
  }

  /** `orElse` if all are silent for `duration` before the effect ends. */
  within<B, E2, R2>(duration: Duration.Input, orElse: () => Effect.Effect<B, E2, R2>) {
    return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A | B, E | E2, R | R2> =>
      Effect.raceFirst(
        Effect.tap(effect, this.heard),
        Effect.flatMap(this.exhausted(duration), orElse)
      )
  }
}
