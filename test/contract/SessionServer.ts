import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { FrameType, MAX_PAYLOAD_BYTES } from "../../src/schema/protocol/Frame.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import type { Connection, ConnectionEnd } from "../../src/services/Connection.ts"
import { SessionClient } from "../../src/services/SessionClient.ts"
import { SessionServer } from "../../src/services/SessionServer.ts"
import { turns } from "../support/turns.ts"

export const work = "work" as SessionName

/** What one side was told, and a way to wait for more. */
export interface Ear {
  readonly frames: Array<readonly [type: number, payload: Buffer]>
  readonly closed: Array<string | undefined>
  readonly ends: Array<ConnectionEnd>
  drained: number
}

/** What a connection ended with, where that was not in good order. */
export const errorOf = (end: ConnectionEnd) => end._tag === "Closed" ? undefined : end.error

/** The same in words. */
export const brokenBy = (end: ConnectionEnd): string | undefined => errorOf(end)?.message

/** Listens and remembers. `onFrame` runs after a frame was noted. */
export const ear = (connection: Connection, onFrame?: (type: number, payload: Buffer) => void): Ear => {
  const heard: Ear = { frames: [], closed: [], ends: [], drained: 0 }
  connection.listen({
    onFrame: (type, payload) => {
      heard.frames.push([type, Buffer.from(payload)])
      onFrame?.(type, payload)
    },
    onDrain: () => heard.drained++,
    onClose: (end) => {
      heard.closed.push(brokenBy(end))
      heard.ends.push(end)
    }
  })
  return heard
}

/** Waits until it holds. */
export const until = (what: string, holds: () => boolean, patience = 20_000): Effect.Effect<void> =>
  Effect.gen(function*() {
    const end = performance.now() + patience
    while (!holds()) {
      assert.isBelow(performance.now(), end, `waited in vain until ${what}`)
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))
    }
  })

/** A session's server, and its side of the first client's connection. */
export const connected = Effect.gen(function*() {
  const server = yield* SessionServer
  const client = yield* SessionClient
  const accepted = yield* Deferred.make<Connection>()
  yield* server.listen({
    name: work,
    prepare: Effect.void,
    onConnection: (connection) => Deferred.doneUnsafe(accepted, Effect.succeed(connection))
  })
  const near = yield* client.connect(work)
  const far = yield* Deferred.await(accepted)
  return { near, far }
})

/** Why nobody is there: said at once, or, by a way to another host, as the failure of what was no connection. */
const refusal = (client: SessionClient["Service"]) =>
  client.connect(work).pipe(
    Effect.flatMap((connection) =>
      Effect.callback<string | undefined>((resume) => {
        connection.listen({
          onFrame: () => undefined,
          onDrain: () => undefined,
          onClose: (end) => resume(Effect.succeed(end._tag === "NotConnected" ? end.error._tag : undefined))
        })
      })
    ),
    Effect.catch(({ _tag }) => Effect.succeed(_tag)),
    Effect.scoped
  )

const quiet = { name: work, prepare: Effect.void, onConnection: () => undefined }

/** What every SessionServer and its SessionClient promise. */
export const suite = (name: string, layer: Layer.Layer<SessionServer | SessionClient>): void => {
  describe(name, () => {
    it.live("frames arrive whole and in order, both ways", () =>
      Effect.gen(function*() {
        const { far, near } = yield* connected
        const large = Buffer.alloc(MAX_PAYLOAD_BYTES, "x")
        const atFar = ear(far)
        const atNear = ear(near)
        near.send(FrameType.input, Buffer.from("ab"), Buffer.alloc(0), Buffer.from("cd"))
        near.send(FrameType.ping)
        near.send(FrameType.output, large)
        far.send(FrameType.output, Buffer.from("hello"))
        yield* until("three frames came", () => atFar.frames.length === 3)
        yield* until("one frame came", () => atNear.frames.length === 1)
        assert.deepStrictEqual(atFar.frames.slice(0, 2), [
          [FrameType.input, Buffer.from("abcd")],
          [FrameType.ping, Buffer.alloc(0)]
        ])
        assert.isTrue(large.equals(atFar.frames[2]![1]))
        assert.deepStrictEqual(atNear.frames, [[FrameType.output, Buffer.from("hello")]])
      }).pipe(Effect.provide(layer)))

    it.effect("waits for another creator of a session, at most ten seconds", () =>
      Effect.gen(function*() {
        const server = yield* SessionServer
        const listen = <A>(name: string, prepare: Effect.Effect<A>) =>
          server.listen({ name: name as SessionName, prepare, onConnection: () => {} })
        const inside = yield* Deferred.make<void>()
        const ready = yield* Deferred.make<string>()
        const first = yield* Effect.forkChild(
          listen("first", Effect.andThen(Deferred.succeed(inside, undefined), Deferred.await(ready)))
        )
        yield* Deferred.await(inside)
        const second = yield* Effect.forkChild(Effect.flip(listen("second", Effect.void)))
        yield* Effect.yieldNow
        for (let passed = 0; passed < 9; passed++) yield* TestClock.adjust("1 second")
        assert.isUndefined(second.pollUnsafe())
        for (let passed = 0; passed < 3; passed++) yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(second))._tag, "LockError")
        yield* Deferred.succeed(ready, "ready")
        assert.strictEqual(yield* Fiber.join(first), "ready")
      }).pipe(Effect.scoped, Effect.provide(layer)))

    it.live("frame types from a newer version arrive too", () =>
      Effect.gen(function*() {
        const { far, near } = yield* connected
        const atFar = ear(far)
        near.send(99 as FrameType, Buffer.from("?"))
        yield* until("it came", () => atFar.frames.length === 1)
        assert.strictEqual(atFar.frames[0]![0], 99)
      }).pipe(Effect.provide(layer)))

    it.live("nothing is lost that was sent before the other side listened, or told before the call returned", () =>
      Effect.gen(function*() {
        const { far, near } = yield* connected
        near.send(FrameType.input, Buffer.from("early"))
        yield* turns
        const atFar = ear(far)
        assert.strictEqual(atFar.frames.length, 0)
        yield* until("it came", () => atFar.frames.length === 1)
      }).pipe(Effect.provide(layer)))

    it.live("a reader that pauses gets nothing until it resumes, and misses nothing", () =>
      Effect.gen(function*() {
        const { far, near } = yield* connected
        const atFar = ear(far, () => far.pause())
        for (const text of ["1", "2", "3"]) near.send(FrameType.input, Buffer.from(text))
        near.end()
        for (const seen of [1, 2, 3]) {
          yield* until(`frame ${seen} came`, () => atFar.frames.length === seen)
          yield* turns
          assert.strictEqual(atFar.frames.length, seen)
          if (seen < 3) assert.deepStrictEqual(atFar.closed, [])
          far.resume()
        }
        yield* until("it ended", () => atFar.closed.length === 1)
        assert.strictEqual(Buffer.concat(atFar.frames.map((frame) => frame[1])).toString(), "123")
      }).pipe(Effect.provide(layer)))

    it.live("who destroys the connection while handling a frame hears of no other, and of one end", () =>
      Effect.gen(function*() {
        const { far, near } = yield* connected
        const atNear = ear(near)
        const atFar = ear(far, () => far.destroy())
        for (const text of ["1", "2", "3"]) near.send(FrameType.input, Buffer.from(text))
        yield* until("both heard the end", () => atFar.closed.length > 0 && atNear.closed.length > 0)
        near.send(FrameType.input, Buffer.from("4"))
        near.destroy()
        far.end()
        yield* turns
        assert.strictEqual(atFar.frames.length, 1)
        assert.deepStrictEqual(atFar.closed, [undefined])
        assert.strictEqual(atNear.closed.length, 1)
      }).pipe(Effect.provide(layer)))

    it.live("what is not read piles up: send says so, and onDrain when it is gone", () =>
      Effect.gen(function*() {
        const { far, near } = yield* connected
        const atNear = ear(near)
        const atFar = ear(far)
        near.pause()
        const chunk = Buffer.alloc(64 * 1024)
        let sent = 0
        while (far.send(FrameType.output, chunk)) {
          sent++
          assert.isBelow(sent, 1_000)
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        }
        assert.isAbove(far.pending(), 256 * 1024)
        assert.isFalse(far.send(FrameType.output, chunk))
        yield* turns
        assert.strictEqual(atFar.drained, 0)
        near.resume()
        yield* until("it drained", () => atFar.drained === 1)
        assert.strictEqual(far.pending(), 0)
        yield* until("all came", () => atNear.frames.length === sent + 2)
        assert.isTrue(far.send(FrameType.output, chunk))
      }).pipe(Effect.provide(layer)))

    it.live("an end in good order comes after everything that was sent", () =>
      Effect.gen(function*() {
        const { far, near } = yield* connected
        const atFar = ear(far)
        for (let i = 0; i < 20; i++) far.send(FrameType.output, Buffer.alloc(100_000))
        far.end()
        assert.isTrue(far.send(FrameType.output, Buffer.from("too late")))
        yield* turns
        const atNear = ear(near)
        yield* until("both ended", () => atNear.closed.length + atFar.closed.length === 2)
        assert.strictEqual(atNear.frames.length, 20)
        assert.deepStrictEqual([atNear.closed, atFar.closed], [[undefined], [undefined]])
      }).pipe(Effect.provide(layer)))

    it.live("who listens after the end hears of the end", () =>
      Effect.gen(function*() {
        const { far, near } = yield* connected
        near.destroy()
        yield* turns
        const heard = [ear(far), ear(near)]
        yield* until("both heard it", () => heard.every((side) => side.closed.length === 1))
      }).pipe(Effect.provide(layer)))

    it.live("closing the scope of a connection ends it", () =>
      Effect.gen(function*() {
        const server = yield* SessionServer
        const client = yield* SessionClient
        const ears: Array<Ear> = []
        yield* server.listen({ ...quiet, onConnection: (connection) => ears.push(ear(connection)) })
        yield* Effect.scoped(Effect.andThen(client.connect(work), until("it was accepted", () => ears.length === 1)))
        yield* until("the server heard it", () => ears[0]!.closed.length === 1)
      }).pipe(Effect.provide(layer)))

    it.live("of 50 who take a name at the same time one gets it, the others find it", () =>
      Effect.gen(function*() {
        const server = yield* SessionServer
        let prepared = 0
        const take = Effect.result(server.listen({
          ...quiet,
          prepare: Effect.sync(() => {
            prepared++
          })
        }))
        const results = yield* Effect.all(Array.from({ length: 50 }, () => take), { concurrency: "unbounded" })
        const failures = results.filter(Result.isFailure).map((result) => result.failure._tag)
        assert.deepStrictEqual(failures, Array.from({ length: 49 }, () => "SessionExists" as const))
        assert.strictEqual(prepared, 1)
      }).pipe(Effect.provide(layer)))

    it.live("a name can be taken again once its session is over, and meanwhile nobody is there", () =>
      Effect.gen(function*() {
        const server = yield* SessionServer
        const client = yield* SessionClient
        yield* Effect.scoped(server.listen(quiet))
        assert.strictEqual(yield* refusal(client), "NoSession")
        yield* server.listen(quiet)
        yield* Effect.scoped(client.connect(work))
      }).pipe(Effect.provide(layer)))

    it.live("a session that gives its name up can still tell its clients", () =>
      Effect.gen(function*() {
        const client = yield* SessionClient
        const server = yield* SessionServer
        const scope = yield* Scope.make()
        const accepted: Array<Connection> = []
        yield* server.listen({ ...quiet, onConnection: (connection) => accepted.push(connection) }).pipe(
          Scope.provide(scope)
        )
        const near = yield* client.connect(work)
        yield* until("it was accepted", () => accepted.length === 1)
        const atNear = ear(near)
        yield* Scope.close(scope, Exit.void)
        accepted[0]!.send(FrameType.output, Buffer.alloc(500_000))
        accepted[0]!.send(FrameType.exit, Buffer.from("{}"))
        assert.strictEqual(yield* refusal(client), "NoSession")
        accepted[0]!.end()
        yield* until("it ended", () => atNear.closed.length === 1)
        assert.deepStrictEqual(atNear.frames.map((frame) => frame[0]), [FrameType.output, FrameType.exit])
        assert.deepStrictEqual(atNear.closed, [undefined])
      }).pipe(Effect.provide(layer)))

    it.live("if preparing fails, that is the error, and nothing was created", () =>
      Effect.gen(function*() {
        const server = yield* SessionServer
        const client = yield* SessionClient
        const error = yield* Effect.flip(server.listen({ ...quiet, prepare: Effect.fail("no shell" as const) }))
        assert.strictEqual(error, "no shell")
        assert.strictEqual(yield* refusal(client), "NoSession")
      }).pipe(Effect.provide(layer)))

    it.live("who is interrupted while preparing leaves nothing behind", () =>
      Effect.gen(function*() {
        const server = yield* SessionServer
        const preparing = yield* Deferred.make<void>()
        const fiber = yield* Effect.forkChild(server.listen({
          ...quiet,
          prepare: Effect.andThen(Deferred.succeed(preparing, undefined), Effect.never)
        }))
        yield* Deferred.await(preparing)
        yield* Fiber.interrupt(fiber)
        yield* server.listen(quiet)
      }).pipe(Effect.provide(layer)))
  })
}
