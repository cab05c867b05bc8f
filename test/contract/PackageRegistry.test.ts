import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomBytes } from "node:crypto"
import * as PackageRegistryHttp from "../../src/layers/packages/PackageRegistryHttp.ts"
import * as CallerFake from "../../src/layers/testing/CallerFake.ts"
import * as PackageRegistryFake from "../../src/layers/testing/PackageRegistryFake.ts"
import { startRegistry } from "../support/registry.ts"
import { RegistryLab, suite } from "./PackageRegistry.ts"

const archive = randomBytes(300_000)

suite(
  "PackageRegistryFake",
  Layer.merge(
    PackageRegistryFake.layer({
      "known@1.0.0": { archive },
      "@acme/known@1.0.0": { archive },
      "altered@1.0.0": { archive, altered: true }
    }),
    Layer.succeed(RegistryLab, { archive })
  )
)

const live = Layer.unwrap(Effect.gen(function*() {
  const registry = yield* Effect.acquireRelease(
    Effect.promise(startRegistry),
    (registry) => Effect.promise(registry.stop)
  )
  for (const name of ["known", "@acme/known", "altered"]) registry.add({ name, version: "1.0.0" }, archive)
  registry.spoil("altered")
  return Layer.provideMerge(
    PackageRegistryHttp.layer,
    CallerFake.layer({ env: { npm_config_registry: registry.url }, home: "/nonexistent" })
  ).pipe(Layer.merge(Layer.succeedContext(Context.make(RegistryLab, { archive }))))
}))

suite("PackageRegistryHttp", live)
