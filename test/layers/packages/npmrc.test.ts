import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { verifierOf } from "../../../src/layers/packages/integrity.ts"
import { authorizationFor, readNpmConfig, registryOf } from "../../../src/layers/packages/npmrc.ts"
import * as PackageRegistryHttp from "../../../src/layers/packages/PackageRegistryHttp.ts"
import * as CallerFake from "../../../src/layers/testing/CallerFake.ts"
import { PackageRegistry } from "../../../src/services/PackageRegistry.ts"
import { Home, home } from "../../fixtures/machine.ts"
import { startRegistry } from "../../support/registry.ts"

/** A home with such a configuration. */
const configured = Effect.fnUntraced(function*(text: string, env: Record<string, string> = {}) {
  const { path } = yield* Home
  Fs.writeFileSync(Path.join(path, ".npmrc"), text)
  return readNpmConfig(env, path)
})

const test = (name: string, effect: Effect.Effect<void, unknown, Home>) =>
  it.live(name, () => Effect.provide(effect, home))

describe("the registry that npm is configured for", () => {
  test(
    "is npm's own where nothing is said, and always ends with a slash",
    Effect.gen(function*() {
      assert.strictEqual(registryOf(yield* configured(""), "sesh"), "https://registry.npmjs.org/")
      assert.strictEqual(
        registryOf(yield* configured("registry=https://npm.acme.example/x"), "sesh"),
        "https://npm.acme.example/x/"
      )
    })
  )

  test(
    "is a scope's own, and the environment's before the file's",
    Effect.gen(function*() {
      const text = "; mine\nregistry = \"https://a.example/\"\n@acme:registry=https://${WHERE}.example/\n"
      const config = yield* configured(text, { WHERE: "acme" })
      assert.strictEqual(registryOf(config, "sesh"), "https://a.example/")
      assert.strictEqual(registryOf(config, "@acme/sesh"), "https://acme.example/")
      assert.strictEqual(registryOf(config, "@other/sesh"), "https://a.example/")
      const over = yield* configured(text, { npm_config_registry: "https://b.example/" })
      assert.strictEqual(registryOf(over, "sesh"), "https://b.example/")
    })
  )

  test(
    "ends before a comment, and is npm's own where it is set to nothing",
    Effect.gen(function*() {
      for (
        const [value, registry] of [
          ["https://a.example/ ; ours", "https://a.example/"],
          ["https://a.example/x#ours", "https://a.example/x/"],
          ["\"https://a.example/x#y\"", "https://a.example/x#y/"],
          ["https://a.example/x\\;y", "https://a.example/x;y/"],
          ["", "https://registry.npmjs.org/"],
          ["\"\"", "https://registry.npmjs.org/"],
          ["null", "https://registry.npmjs.org/"]
        ] as const
      ) assert.strictEqual(registryOf(yield* configured(`registry = ${value}\n`), "x"), registry)
    })
  )

  test(
    "may be that of everybody, beside the npm on the PATH, or in another file",
    Effect.gen(function*() {
      const { path } = yield* Home
      for (const dir of ["bin", "etc"]) Fs.mkdirSync(Path.join(path, dir))
      Fs.writeFileSync(Path.join(path, "bin/npm"), "")
      Fs.writeFileSync(Path.join(path, "etc/npmrc"), "registry=https://all.example/\n")
      assert.strictEqual(
        registryOf(yield* configured("", { PATH: Path.join(path, "bin") }), "x"),
        "https://all.example/"
      )
      Fs.writeFileSync(Path.join(path, "mine"), "registry=https://mine.example/\n")
      const env = { PATH: Path.join(path, "bin"), NPM_CONFIG_USERCONFIG: Path.join(path, "mine") }
      assert.strictEqual(registryOf(yield* configured("", env), "x"), "https://mine.example/")
      const fromHome = yield* configured("cafile=~/ca.pem\n", { npm_config_globalconfig: "~/etc/npmrc" })
      assert.strictEqual(registryOf(fromHome, "x"), "https://all.example/")
      assert.strictEqual(fromHome.path("cafile"), Path.join(path, "ca.pem"))
    })
  )
})

describe("a login", () => {
  test(
    "is for addresses below its own, and for no other host, port or path",
    Effect.gen(function*() {
      const config = yield* configured("//a.example/npm/:_authToken=${TOKEN}\n", { TOKEN: "t" })
      const other = "https://other.example/"
      for (const path of ["npm/", "npm/sesh", "npm/@acme/sesh/-/sesh-1.tgz"]) {
        assert.strictEqual(authorizationFor(config, `https://a.example/${path}`, other), "Bearer t")
      }
      for (const address of ["a.example/", "a.example/other/", "b.example/npm/", "a.example:8/npm/"]) {
        assert.isUndefined(authorizationFor(config, `https://${address}`, other))
      }
    })
  )

  test(
    "for a registry is for its archives too, if they are on its host and port",
    Effect.gen(function*() {
      const config = yield* configured("//a.example/npm/:_authToken=t\n//a.example/mine/:_authToken=u\n")
      const registry = "https://a.example/npm/"
      assert.strictEqual(authorizationFor(config, "https://a.example/archives/x.tgz", registry), "Bearer t")
      assert.strictEqual(authorizationFor(config, "https://a.example/mine/x.tgz", registry), "Bearer u")
      for (const address of ["b.example/archives/x.tgz", "a.example:8/npm/x.tgz"]) {
        assert.isUndefined(authorizationFor(config, `https://${address}`, registry))
      }
    })
  )

  test(
    "may be a name and password, in either way of writing",
    Effect.gen(function*() {
      const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`
      const password = Buffer.from("secret").toString("base64")
      const two = yield* configured(`//a.example/:username=me\n//a.example/:_password=${password}\n`)
      assert.strictEqual(authorizationFor(two, "https://a.example/x", "https://a.example/"), basic)
      const one = yield* configured(`//a.example/:_auth=${Buffer.from("me:secret").toString("base64")}\n`)
      assert.strictEqual(authorizationFor(one, "https://a.example/x", "https://a.example/"), basic)
    })
  )

  test(
    "opens a registry that wants one; without it the message says so",
    Effect.gen(function*() {
      const { path } = yield* Home
      const registry = yield* Effect.acquireRelease(
        Effect.promise(startRegistry),
        (registry) => Effect.promise(registry.stop)
      )
      registry.add({ name: "known", version: "1.0.0" }, Buffer.from("archive"))
      registry.lock("Bearer t")
      const open = Effect.flatMap(PackageRegistry, ({ open }) => open("known", "1.0.0")).pipe(
        Effect.provide(
          Layer.provide(PackageRegistryHttp.layer, CallerFake.layer({ env: { TOKEN: "secret\nx" }, home: path }))
        )
      )
      const where = registry.url.replace(/^http:/, "")
      yield* configured(`registry=${registry.url}\n`)
      const error = yield* Effect.flip(open)
      assert.deepStrictEqual([error.kind, error.registry], ["refused", registry.url])
      assert.match(error.message, /without a login .*npm login/)
      yield* configured(`registry=${registry.url}\n${where}:_authToken=t\n`)
      assert.strictEqual((yield* open).size, 7)
      yield* configured(`registry=${registry.url}\n${where}:_authToken=\${TOKEN}\n`)
      assert.notInclude((yield* Effect.flip(open)).message, "secret")
      registry.lock(`Basic ${Buffer.from("me:pass@word").toString("base64")}`)
      yield* configured(`registry=${registry.url.replace("//", "//me:pass%40word@")}\n`)
      assert.strictEqual((yield* open).size, 7)
      yield* configured(`registry=${registry.url.replace("//", "//me:wrong@")}\n`)
      assert.notInclude(JSON.stringify(yield* Effect.flip(open)), "wrong")
    }).pipe(Effect.scoped)
  )
})

describe("an address without a registry", () => {
  for (
    const [what, registry, kind, problem] of [
      ["there is no such host", "http://no-such.invalid/", "unreachable", /no-such\.invalid\/ cannot be reached \(E/],
      ["it is no web address", "file:///etc/", "malformed", /file:\/\/\/etc\/ does not answer as a registry/]
    ] as const
  ) {
    it.live(`is an error that says so: ${what}`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip((yield* PackageRegistry).open("known", "1.0.0", registry))
        assert.strictEqual(error.kind, kind)
        assert.match(error.message, problem)
      }).pipe(Effect.provide(Layer.provide(PackageRegistryHttp.layer, CallerFake.layer({ env: {} })))))
  }
})

describe("a hash", () => {
  it("counts when it is strong, and only the strongest does", () => {
    assert.isUndefined(verifierOf("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="))
    assert.isUndefined(verifierOf(""))
    const empty512 = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
    const empty256 = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert.isTrue(verifierOf(`sha1-x ${empty512}`)!.matches())
    assert.isTrue(verifierOf(empty256)!.matches())
    const other = verifierOf(`${empty256} ${empty512}`)!
    other.update(Buffer.from("x"))
    assert.isFalse(other.matches())
  })
})
