import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { ask } from "../../src/layers/sessions/conversation.ts"
import { Control } from "../../src/schema/protocol/Control.ts"
import { FrameType } from "../../src/schema/protocol/Frame.ts"
import type { SessionSpec } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { DaemonLauncher } from "../../src/services/DaemonLauncher.ts"
import { SessionClient } from "../../src/services/SessionClient.ts"

export const work = "work" as SessionName

export const specOf = (given?: Partial<SessionSpec>): SessionSpec => ({
  name: work,
  dir: "/",
  env: { SHELL: "/bin/sh" },
  size: { cols: 80, rows: 24 },
  awaited: false,
  ...given
})

/** Asks the session that was started. */
export const question = Effect.flatMap(
  SessionClient,
  (client) => ask(client, { name: work, version: "0.0.0", patience: 5_000 })
)

/** Ends it, and waits for that. */
export const end = Effect.gen(function*() {
  const asked = yield* question
  asked.send(FrameType.kill, Control.kill.encode({ graceMs: 0 }))
  yield* Effect.callback<void>((resume) => asked.hear({ onFrame: () => undefined, onClose: () => resume(Effect.void) }))
}).pipe(Effect.scoped, Effect.ignore)

/** What every DaemonLauncher promises. `specOf()` with `env` over it is a spec that starts. */
export const suite = <R>(
  name: string,
  layer: Layer.Layer<DaemonLauncher | SessionClient | R>,
  env: Effect.Effect<Record<string, string>, never, R>
): void => {
  const spec = Effect.map(env, (env) => specOf({ env }))
  describe(name, () => {
    it.live("once it is launched a session answers, under the id that the launch gave", () =>
      Effect.gen(function*() {
        const { launch } = yield* DaemonLauncher
        const { id } = yield* launch(yield* spec)
        assert.strictEqual((yield* question).welcome.info.id, id)
        yield* end
      }).pipe(Effect.scoped, Effect.provide(layer)), 30_000)

    it.live(
      "of two who launch the same name one does, the other is told that it is there",
      () =>
        Effect.gen(function*() {
          const { launch } = yield* DaemonLauncher
          const launchOne = Effect.result(launch(yield* spec))
          const results = yield* Effect.all([launchOne, launchOne, launchOne], { concurrency: "unbounded" })
          const failed = results.filter(Result.isFailure)
          assert.deepStrictEqual(failed.map(({ failure }) => failure._tag), ["SessionExists", "SessionExists"])
          yield* end
        }).pipe(Effect.scoped, Effect.provide(layer)),
      30_000
    )

    it.live("a name can be launched again after its session has ended", () =>
      Effect.gen(function*() {
        const { launch } = yield* DaemonLauncher
        const first = yield* launch(yield* spec)
        yield* end
        const second = yield* launch(yield* spec)
        assert.notStrictEqual(second.id, first.id)
        yield* end
      }).pipe(Effect.scoped, Effect.provide(layer)), 30_000)

    it.live("a session that cannot start is a LaunchError with the reason", () =>
      Effect.gen(function*() {
        const { launch } = yield* DaemonLauncher
        const { env } = yield* spec
        const error = yield* Effect.flip(launch(specOf({ env: { ...env, SHELL: "bash" } })))
        assert.strictEqual(error._tag, "LaunchError")
        assert.include(error.message, `cannot start session work: SHELL is "bash", not an absolute path`)
      }).pipe(Effect.scoped, Effect.provide(layer)), 30_000)
  })
}
