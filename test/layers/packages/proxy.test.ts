/** A file of its own: the proxy holds for the whole process. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Path from "node:path"
import * as PackageRegistryHttp from "../../../src/layers/packages/PackageRegistryHttp.ts"
import * as CallerFake from "../../../src/layers/testing/CallerFake.ts"
import { PackageRegistry } from "../../../src/services/PackageRegistry.ts"
import { httpServer } from "../../fixtures/httpServer.ts"
import { Home, home } from "../../fixtures/machine.ts"
import { startRegistry } from "../../support/registry.ts"

it.live("a registry that only npm's proxy reaches is reached through it", () =>
  Effect.gen(function*() {
    const { path } = yield* Home
    const registry = yield* Effect.acquireRelease(
      Effect.promise(startRegistry),
      (registry) => Effect.promise(registry.stop)
    )
    registry.add({ name: "known", version: "1.0.0" }, Buffer.from("archive"))
    const { asked, url } = yield* httpServer((request, response) => {
      const { pathname } = new URL(request.url ?? "")
      Http.get(
        new URL(pathname, registry.url),
        { agent: new Http.Agent(), headers: { host: "registry.invalid" } },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.rawHeaders)
          answer.pipe(response)
        }
      )
    })
    Fs.writeFileSync(
      Path.join(path, ".npmrc"),
      `registry=http://registry.invalid/\nproxy=${url}\n`
    )
    const { size } = yield* Effect.flatMap(PackageRegistry, ({ open }) => open("known", "1.0.0")).pipe(
      Effect.provide(Layer.provide(PackageRegistryHttp.layer, CallerFake.layer({ env: {}, home: path })))
    )
    assert.strictEqual(size, 7)
    assert.deepStrictEqual(asked, ["http://registry.invalid/known", "http://registry.invalid/known/-/known-1.0.0.tgz"])
  }).pipe(Effect.scoped, Effect.provide(home)))
