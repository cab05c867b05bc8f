import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { PackageRegistry } from "../../src/services/PackageRegistry.ts"

/** A registry with `known`, `@acme/known` and `altered`, all in version 1.0.0; of the last, other bytes come. */
export class RegistryLab extends Context.Service<RegistryLab, {
  readonly archive: Buffer
}>()("test/RegistryLab") {}

/** What every PackageRegistry does. */
export const suite = (name: string, layer: Layer.Layer<PackageRegistry | RegistryLab>): void => {
  const test = (what: string, effect: Effect.Effect<void, unknown, PackageRegistry | RegistryLab>) =>
    it.live(what, () => Effect.provide(effect, layer))

  const read = Effect.fnUntraced(function*(name: string, version = "1.0.0") {
    const { bytes, size } = yield* (yield* PackageRegistry).open(name, version)
    return { size, bytes: Buffer.concat(yield* Stream.runCollect(bytes)) }
  })

  describe(`PackageRegistry: ${name}`, () => {
    for (const known of ["known", "@acme/known"]) {
      test(
        `the archive of ${known} comes whole`,
        Effect.gen(function*() {
          const { archive } = yield* RegistryLab
          const { bytes, size } = yield* read(known)
          assert.isTrue(bytes.equals(archive))
          assert.strictEqual(size, archive.length)
        })
      )
    }

    test(
      "a package that is not there, and a version that is not, are absent",
      Effect.gen(function*() {
        for (const [name, version] of [["unknown", "1.0.0"], ["known", "1.0.1"]] as const) {
          const error = yield* Effect.flip(read(name, version))
          assert.deepStrictEqual([error._tag, error.kind, error.package], [
            "PackageError",
            "absent",
            `${name}@${version}`
          ])
          assert.include(error.message, `has no ${name}@${version}`)
        }
      })
    )

    test(
      "bytes that are not those of the hash are an error at their end",
      Effect.gen(function*() {
        const error = yield* Effect.flip(read("altered"))
        assert.deepStrictEqual([error.kind, error.package], ["altered", "altered@1.0.0"])
      })
    )
  })
}
