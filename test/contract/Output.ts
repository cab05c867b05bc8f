import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Output } from "../../src/services/Output.ts"
import { allBytes } from "../fixtures/bytes.ts"

/** Who reads what is said. */
export class Listener extends Context.Service<Listener, {
  readonly out: () => Buffer
  readonly err: () => Buffer
}>()("test/Listener") {}

/** What every Output promises. */
export const suite = (name: string, layer: Layer.Layer<Output | Listener>): void => {
  describe(name, () => {
    const test = <A, E>(
      name: string,
      use: (output: Output["Service"], listener: Listener["Service"]) => Effect.Effect<A, E>
    ) =>
      it.live(
        name,
        () =>
          Effect.flatMap(Effect.all([Output, Listener]), ([output, listener]) => use(output, listener)).pipe(
            Effect.provide(layer)
          )
      )

    test(
      "results are lines of their own on standard output, everything else is on standard error",
      (output, { err, out }) =>
        Effect.gen(function*() {
          assert.isFalse(output.isTerminal)
          yield* output.print("one\ntwo")
          yield* output.note("sesh: by the way")
          yield* output.print("three é 日本")
          assert.strictEqual(out().toString(), "one\ntwo\nthree é 日本\n")
          assert.strictEqual(err().toString(), "sesh: by the way\n")
        })
    )

    test(
      "no control character in what is said gets through, but tabs and line feeds",
      (output, { err, out }) =>
        Effect.gen(function*() {
          const text = "a\tb\nc\x1b[2Jd\re\u009b1mf\x7f"
          yield* output.print(text)
          yield* output.note(text)
          const said = "a\tb\nc\ufffd[2Jd\ufffde\ufffd1mf\ufffd\n"
          assert.deepStrictEqual([out().toString(), err().toString()], [said, said])
        })
    )

    test(
      "bytes are written as they are, one part after the other",
      ({ write }, { err, out }) =>
        Effect.gen(function*() {
          yield* write([])
          yield* write([allBytes, new Uint8Array(), allBytes.subarray(7, 9)])
          yield* write([Buffer.from("end")])
          assert.isTrue(Buffer.concat([allBytes, allBytes.subarray(7, 9), Buffer.from("end")]).equals(out()))
          assert.strictEqual(err().length, 0)
        })
    )
  })
}
