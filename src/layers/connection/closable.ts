import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/** Runs what opens something in a scope of its own, which ends with `close`, or with the scope around it. */
export const closable = <A, E, R>(
  open: Effect.Effect<A, E, R>
): Effect.Effect<A & { readonly close: Effect.Effect<void> }, E, Exclude<R, Scope.Scope> | Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const scope = yield* Scope.fork(yield* Effect.scope)
      const opened = yield* Effect.onExit(
        restore(Scope.provide(open, scope)),
        (exit) => Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit)
      )
      return { ...opened, close: Scope.close(scope, Exit.void) }
    })
  )
