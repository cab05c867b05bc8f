import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { readFileSync } from "node:fs"
import { PACKAGE, readPackage } from "../../../src/layers/deploy/npmPackage.ts"

describe("the package that npm is asked for", () => {
  it("is the one that npm run pack makes", () => {
    const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"))
    assert.strictEqual(manifest.name, PACKAGE)
    // What is installed with the package needs none: all is in the executable.
    assert.isUndefined(manifest.dependencies)
  })

  const read = (env: Record<string, string>) => Effect.result(readPackage("web", env, "1.2.3"))

  it.effect("is ours, of this version, unless the environment says otherwise", () =>
    Effect.gen(function*() {
      const ours = { spec: "sesh-sessions@1.2.3", registry: "", version: "1.2.3" }
      assert.deepStrictEqual(yield* readPackage("web", {}, "1.2.3"), ours)
      assert.deepStrictEqual(yield* readPackage("web", { SESH_NPM_PACKAGE: "", SESH_NPM_REGISTRY: "" }, "1.2.3"), ours)
      assert.deepStrictEqual(
        yield* readPackage("web", {
          SESH_NPM_PACKAGE: "@acme/sesh",
          SESH_NPM_REGISTRY: "https://npm.acme.example:8/x/"
        }, "1.2.3"),
        { spec: "@acme/sesh@1.2.3", registry: "https://npm.acme.example:8/x/", version: "1.2.3" }
      )
      assert.deepStrictEqual(yield* readPackage("web", { SESH_NPM_PACKAGE: "@acme/sesh@^1.0.0" }, "1.2.3"), {
        spec: "@acme/sesh@^1.0.0",
        registry: "",
        version: ""
      })
    }))

  it.effect.each(
    [
      { SESH_NPM_PACKAGE: "--ignore-scripts=false" },
      { SESH_NPM_PACKAGE: "a b" },
      { SESH_NPM_PACKAGE: "../sesh" },
      { SESH_NPM_PACKAGE: "http://acme.example/sesh.tgz" },
      { SESH_NPM_REGISTRY: "file:///etc" },
      { SESH_NPM_REGISTRY: "https://acme.example/ --prefix=/" },
      { SESH_NPM_REGISTRY: "https://acme.example/*" },
      { SESH_NPM_REGISTRY: "https://me:secret@acme.example/" }
    ] as ReadonlyArray<Record<string, string>>
  )("no word of %j becomes an argument of npm", (env) =>
    Effect.gen(function*() {
      const result = yield* read(env)
      assert.isTrue(Result.isFailure(result))
      if (Result.isFailure(result)) assert.notInclude(result.failure.message, "secret")
    }))
})
