/** Command lines on fakes alone. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { run } from "../../src/commands/run.ts"
import * as World from "../../src/layers/testing/World.ts"

export type { WorldHostOptions, WorldOptions } from "../../src/layers/testing/World.ts"

/** Runs command lines in a world: sessions live in this process, programs are played by the test. */
export const inWorld = <A, E>(
  options: World.WorldOptions,
  use: (
    sesh: (...argv: ReadonlyArray<string>) => Effect.Effect<number, never, Scope.Scope>
  ) => Effect.Effect<A, E, World.World | Scope.Scope>
): Effect.Effect<A, E, Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Layer.build(World.layer(options))
    return yield* Effect.provideContext(use((...argv) => Effect.provideContext(run(argv), context)), context)
  })
