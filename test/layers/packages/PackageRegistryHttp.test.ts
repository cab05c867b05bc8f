/** Registries that answer in other ways than npm's own does. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as PackageRegistryHttp from "../../../src/layers/packages/PackageRegistryHttp.ts"
import * as CallerFake from "../../../src/layers/testing/CallerFake.ts"
import { PackageRegistry } from "../../../src/services/PackageRegistry.ts"
import { httpServer } from "../../fixtures/httpServer.ts"

const ARCHIVE = Buffer.alloc(100_000, "archive")

/** What a registry says about `known`, whose archive is there. */
const describing = (tarball: string): string => {
  const integrity = `sha512-${createHash("sha512").update(ARCHIVE).digest("base64")}`
  return JSON.stringify({ versions: { "1.0.0": { dist: { tarball, integrity } } } })
}

const fetched = Effect.fnUntraced(function*(registry: string) {
  const { bytes } = yield* (yield* PackageRegistry).open("known", "1.0.0", registry)
  return Buffer.concat(yield* Stream.runCollect(bytes))
}, Effect.provide(Layer.provide(PackageRegistryHttp.layer, CallerFake.layer({ env: {}, home: "/nonexistent" }))))

describe("PackageRegistryHttp", () => {
  it.live("gets the archive from the registry that was asked, when that has npm's own addresses", () =>
    Effect.gen(function*() {
      const { asked, url } = yield* httpServer((request, response) =>
        response.end(
          request.url === "/npm/known"
            ? describing("https://registry.npmjs.org/npm/known/-/known-1.0.0.tgz")
            : ARCHIVE
        )
      )
      assert.isTrue((yield* fetched(`${url}npm`)).equals(ARCHIVE))
      assert.deepStrictEqual(asked, ["/npm/known", "/npm/known/-/known-1.0.0.tgz"])
    }).pipe(Effect.scoped))

  it.live("follows where it is sent", () =>
    Effect.gen(function*() {
      const other = yield* httpServer((_, response) => response.end(ARCHIVE))
      const { url } = yield* httpServer((request, response) =>
        request.url === "/known"
          ? response.end(describing(`http://${request.headers.host}/archive`))
          : response.writeHead(302, { location: other.url }).end()
      )
      assert.isTrue((yield* fetched(url)).equals(ARCHIVE))
    }).pipe(Effect.scoped))

  it.live("names the host of the archive when that is another one, and cannot be reached", () =>
    Effect.gen(function*() {
      const { url } = yield* httpServer((_, response) => response.end(describing("http://archives.invalid/known.tgz")))
      const error = yield* Effect.flip(fetched(url))
      assert.strictEqual(error.kind, "unreachable")
      assert.match(error.message, /^http:\/\/archives\.invalid\/ cannot be reached/)
    }).pipe(Effect.scoped))

  it.live("does not read a description without an end", () =>
    Effect.gen(function*() {
      const { url } = yield* httpServer((_, response) => {
        const more = () => {
          while (response.write(Buffer.alloc(1_000_000, " ")));
        }
        response.on("drain", more)
        more()
      })
      assert.strictEqual((yield* Effect.flip(fetched(url))).kind, "malformed")
    }).pipe(Effect.scoped))

  it.live("says that the connection is lost when the archive is cut short", () =>
    Effect.gen(function*() {
      const { url } = yield* httpServer((request, response) => {
        if (request.url === "/known") return response.end(describing(`http://${request.headers.host}/archive`))
        response.writeHead(200, { "content-length": ARCHIVE.length })
        return response.write(ARCHIVE.subarray(0, 1000), () => response.destroy())
      })
      const error = yield* Effect.flip(fetched(url))
      assert.deepStrictEqual([error.kind, error.message.startsWith(`the connection to ${url} is lost`)], [
        "unreachable",
        true
      ])
    }).pipe(Effect.scoped))
})
