import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Input } from "../../src/services/Input.ts"
import { allBytes } from "../fixtures/bytes.ts"
import { turns } from "../support/turns.ts"
import { until } from "./SessionServer.ts"

/** What lies in the working directory; `dir` is a directory. */
export const FILES = { text: "one\ntwo", bytes: allBytes, empty: "" } as const

const PIECE = 64 * 1024
const PIECES = 256

/** What a reader that takes nothing may have had fetched for it: buffers of pipes and streams, not the whole. */
const AHEAD = 2 * 1024 * 1024

/** Numbered pieces, 16 MiB of them, and how many were fetched. */
const large = () => {
  const counted = { pieces: 0 }
  const pieces = function*() {
    for (; counted.pieces < PIECES; counted.pieces++) yield Buffer.alloc(PIECE, counted.pieces)
  }
  return { pieces: pieces(), fetched: () => counted.pieces * PIECE }
}

const all = <E>(stream: Stream.Stream<Uint8Array, E>) =>
  Effect.map(Stream.runCollect(stream), (pieces) => Buffer.concat(pieces))

/** What every Input promises. `layer` is one with these pieces on standard input, and {@link FILES}. */
export const suite = (
  name: string,
  layer: (pieces: Iterable<Uint8Array>) => Layer.Layer<Input>
): void => {
  describe(name, () => {
    const test = <A, E>(
      name: string,
      pieces: Iterable<Uint8Array>,
      use: (input: Input["Service"]) => Effect.Effect<A, E, Scope.Scope>
    ) => it.live(name, () => Effect.scoped(Effect.flatMap(Input, use)).pipe(Effect.provide(layer(pieces))), 30_000)

    test(
      "what comes is read in order, byte for byte, up to its end",
      [Buffer.from("begin "), allBytes],
      (input) =>
        Effect.gen(function*() {
          assert.isFalse(input.isTerminal)
          assert.isTrue(Buffer.concat([Buffer.from("begin "), allBytes]).equals(yield* all(input.bytes)))
        })
    )

    test("nothing is an end at once", [], (input) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* Stream.runCollect(input.bytes), [])
      }))

    {
      const { fetched, pieces } = large()
      test("more than memory should hold is fetched as it is read", pieces, (input) =>
        Effect.gen(function*() {
          const read: Array<Uint8Array> = []
          yield* Stream.runForEach(input.bytes, (piece) =>
            Effect.gen(function*() {
              if (read.length === 0) {
                yield* turns
                assert.isBelow(fetched(), AHEAD)
              }
              read.push(piece)
            }))
          assert.isTrue(Buffer.concat(read).equals(Buffer.concat([...large().pieces])))
        }))
    }

    {
      const { fetched, pieces } = large()
      test("nothing more is fetched for a reader that was interrupted", pieces, (input) =>
        Effect.gen(function*() {
          let begun = false
          const reader = yield* Effect.forkChild(
            Stream.runForEach(input.bytes, () => Effect.andThen(Effect.sync(() => begun = true), Effect.never))
          )
          yield* until("it reads", () => begun)
          yield* Fiber.interrupt(reader)
          yield* turns
          assert.isBelow(fetched(), AHEAD)
        }))
    }

    test("files are read as they are, as often as wanted", [], (input) =>
      Effect.gen(function*() {
        for (const name of ["text", "bytes", "empty", "text"] as const) {
          assert.isTrue(Buffer.from(FILES[name] as string).equals(yield* all(input.file(name))), name)
        }
      }))

    test("what cannot be read is said in words", [], (input) =>
      Effect.gen(function*() {
        for (const [file, reason] of [["missing", "there is no such file"], ["dir", "it is a directory"]] as const) {
          const error = yield* Effect.flip(all(input.file(file)))
          assert.strictEqual(error._tag, "InputError")
          assert.strictEqual(error.message, `cannot read ${file}: ${reason}`)
        }
      }))
  })
}
