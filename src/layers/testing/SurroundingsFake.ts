import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ShownIn } from "../../schema/protocol/Control.ts"
import { Surroundings } from "../../services/Surroundings.ts"

/** The sessions in which this sesh is shown, for a test to change. */
export class SurroundingsTestRef extends Context.Service<SurroundingsTestRef, {
  readonly set: (ids: ShownIn) => void
  /** How many follow. */
  readonly followers: () => number
}>()("sesh/layers/testing/SurroundingsTestRef") {}

/** In the given sessions; in none unless told otherwise. */
export const layer = (given: ShownIn = []): Layer.Layer<Surroundings | SurroundingsTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    let ids = given
    const followers = new Set<(ids: ShownIn) => void>()
    const set = (next: ShownIn) => {
      ids = next
      for (const follower of followers) follower(ids)
    }
    return Context.make(
      Surroundings,
      Surroundings.of({
        follow: Effect.fn("Surroundings.follow")((onChange: (ids: ShownIn) => void) =>
          Effect.acquireRelease(
            Effect.sync(() => {
              followers.add(onChange)
              onChange(ids)
            }),
            () => Effect.sync(() => followers.delete(onChange))
          )
        )
      })
    ).pipe(Context.add(SurroundingsTestRef, { set, followers: () => followers.size }))
  }))
