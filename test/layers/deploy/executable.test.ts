import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { openExecutable } from "../../../src/layers/deploy/executable.ts"
import { Home, home } from "../../fixtures/machine.ts"

describe("what is sent of an executable", () => {
  it.live("has a size from the beginning: that of the executable, then an estimate, and in the end its own", () =>
    Effect.gen(function*() {
      const file = Path.join((yield* Home).path, "sesh")
      Fs.writeFileSync(file, randomBytes(1_000_000).toString("hex"))
      const executable = yield* Effect.acquireRelease(openExecutable(file), ({ close }) => Effect.sync(close))
      const packed = executable.packed("gzip")
      assert.strictEqual(packed.total(), executable.size)
      while (!packed.isWhole()) yield* Effect.callback<void>((resume) => packed.more(() => resume(Effect.void)))
      assert.strictEqual(packed.total(), Buffer.concat([...packed.chunks]).length)
    }).pipe(Effect.scoped, Effect.provide(home)))
})
