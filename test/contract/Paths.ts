import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { HostName } from "../../src/schema/HostName.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { socketPathLimit } from "../../src/schema/SocketPath.ts"
import { Paths } from "../../src/services/Paths.ts"

/** What every Paths promises. */
export const suite = (
  name: string,
  layer: Layer.Layer<Paths>,
  layerIn: (dir: string) => Layer.Layer<Paths>,
  most = socketPathLimit(process.platform)
): void => {
  describe(name, () => {
    it.effect("two sessions share no file, and none of theirs is the lock", () =>
      Effect.gen(function*() {
        const paths = yield* Paths
        const files = ["a", "b", "lock", "a.json"].flatMap((name) => Object.values(paths.session(name as SessionName)))
        assert.strictEqual(new Set([...files, paths.lock]).size, files.length + 1)
      }).pipe(Effect.provide(layer)))

    it.effect("the socket, the info and the agent are in the directory, under the session's name", () =>
      Effect.gen(function*() {
        const paths = yield* Paths
        const { agent, info, socket } = paths.session("work" as SessionName)
        assert.deepStrictEqual(
          [socket, info, agent],
          ["sock", "json", "agent"].map((end) => `${paths.dir}/work.${end}`)
        )
      }).pipe(Effect.provide(layer)))

    it.effect("what a host has got is remembered beside what is known of it", () =>
      Effect.gen(function*() {
        const paths = yield* Paths
        assert.strictEqual(paths.synced("web" as HostName), `${paths.remotes}/web.synced`)
      }).pipe(Effect.provide(layer)))

    it.effect("a session's socket has room for as many bytes as the system takes, and not for more", () =>
      Effect.gen(function*() {
        const short = yield* Paths.pipe(Effect.provide(layerIn("/x")))
        const room = most - Buffer.byteLength(short.session("work" as SessionName).socket)
        const paths = yield* Paths.pipe(Effect.provide(layerIn(`/x${"y".repeat(room)}`)))
        yield* paths.checkSocketPath("work" as SessionName)
        const error = yield* Effect.flip(paths.checkSocketPath("works" as SessionName))
        assert.include(error.message, `${most + 1} bytes, ${most} is the most`)
      }))

    it.effect("once the directory was ensured it is there, however often that is done", () =>
      Effect.gen(function*() {
        const paths = yield* Paths
        yield* paths.ensure
        yield* paths.ensure
        assert.isTrue(yield* paths.check)
      }).pipe(Effect.provide(layer)))
  })
}
