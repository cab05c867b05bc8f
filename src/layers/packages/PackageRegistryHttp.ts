import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Tls from "node:tls"
import { BoundedBytes } from "../../schema/Bytes.ts"
import { visible } from "../../schema/Text.ts"
import { Caller } from "../../services/Caller.ts"
import { PackageError, PackageRegistry } from "../../services/PackageRegistry.ts"
import { quietly } from "../system/quietly.ts"
import { codeOf } from "../system/systemError.ts"
import { type Verifier, verifierOf } from "./integrity.ts"
import { authorizationFor, type NpmConfig, readNpmConfig, registryOf } from "./npmrc.ts"

/** Until a registry answers. npm on a host gets as long. */
const ANSWER_TIMEOUT = "10 seconds"

/** Until an archive comes, which a mirror may have to get first, and between two pieces of it. */
const SILENCE = "1 minute"

/** Bytes of what a registry says about a package: npm's biggest, of all versions, has a few megabytes. */
const MAX_ANSWER_BYTES = 32_000_000

/** The short form, with what an installation needs alone (npm's `package-metadata`). */
const ABBREVIATED = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"

/** Without a user and password, and what would harm a terminal. */
const shown = (address: string): string => visible(address.replace(/^(https?:\/\/)[^/]*@/, "$1")).slice(0, 200)

const isWeb = (address: string): boolean =>
  URL.canParse(address) && ["http:", "https:"].includes(new URL(address).protocol)

/** What is asked: the registry; or the host that it gave for an archive. */
const asked = (wanted: Wanted, address: string): Wanted => {
  const { origin } = new URL(address)
  return origin === new URL(wanted.registry).origin ? wanted : { ...wanted, registry: `${origin}/` }
}

/** Without credentials, which fetch refuses in an address. */
const bare = (address: string): string => {
  const url = new URL(address)
  url.username = url.password = ""
  return url.href
}

/** fetch says `fetch failed`; what it means is below. Otherwise its words may have a header in them. */
const reasonOf = (error: unknown): string => {
  const { cause, name } = error as Error
  return visible(cause === undefined ? name : codeOf(cause)).slice(0, 200)
}

/** Proxies and authorities that npm is configured for; Node knows those of the environment. */
const prepare = (config: NpmConfig, env: Readonly<Record<string, string | undefined>>): void => {
  const configured = config.get("https-proxy") ?? config.get("proxy")
  const https = configured ?? env["https_proxy"] ?? env["HTTPS_PROXY"]
  const http = configured ?? env["http_proxy"] ?? env["HTTP_PROXY"]
  const none = config.get("noproxy") ?? env["no_proxy"] ?? env["NO_PROXY"]
  if (https !== undefined || http !== undefined) {
    quietly(() =>
      Http.setGlobalProxyFromEnv({ https_proxy: https ?? "", http_proxy: http ?? "", no_proxy: none ?? "" })
    )
  }
  const file = config.path("cafile")
  const authorities = file === undefined ? undefined : quietly(() => Fs.readFileSync(file, "utf8"))
  if (authorities !== undefined) {
    quietly(() => Tls.setDefaultCACertificates([...Tls.getCACertificates("default"), authorities]))
  }
}

interface Wanted {
  readonly name: string
  readonly version: string
  readonly registry: string
}

/** Whose addresses a mirror may give for its own, and npm asks the mirror for (`replace-registry-host`). */
const UPSTREAM = "registry.npmjs.org"

/** A package in a version, as a registry describes it; hostile until it is looked at. */
const distOf = (
  text: string,
  { registry, version }: Wanted
): { readonly tarball: string; readonly integrity: string } | "absent" => {
  const { versions } = JSON.parse(text) as { readonly versions?: Record<string, { readonly dist?: unknown }> }
  if (versions === undefined || !Object.hasOwn(versions, version)) return "absent"
  const { integrity, tarball } = (versions[version]?.dist ?? {}) as Record<string, unknown>
  if (typeof tarball !== "string" || !isWeb(tarball)) throw new Error("no address of an archive")
  const { host, pathname } = new URL(tarball)
  return {
    tarball: host === UPSTREAM ? new URL(pathname, registry).href : tarball,
    integrity: typeof integrity === "string" ? integrity : ""
  }
}

/**
 * Asks with fetch, as the executable must work without npm. What npm's configuration says of registries, credentials,
 * proxies and authorities holds.
 */
export const layer: Layer.Layer<PackageRegistry, never, Caller> = Layer.effect(
  PackageRegistry,
  Effect.gen(function*() {
    const { env, home } = yield* Caller
    const config = yield* Effect.cached(Effect.sync(() => {
      const config = readNpmConfig(env, home)
      prepare(config, env)
      return config
    }))

    const errorOf =
      ({ name, registry, version }: Wanted) =>
      (kind: PackageError["kind"], problem: (registry: string, name: string) => string, cause?: unknown) =>
        new PackageError({
          package: `${name}@${version}`,
          registry: shown(registry),
          kind,
          problem: problem(shown(registry), `${name}@${version}`),
          ...(cause === undefined ? {} : { cause })
        })

    const request = Effect.fnUntraced(function*(
      wanted: Wanted,
      address: string,
      accept: string,
      timeout: Duration.Input
    ) {
      const error = errorOf(asked(wanted, address))
      const authorization = authorizationFor(yield* config, address, wanted.registry)
      const headers = { accept, ...(authorization === undefined ? {} : { authorization }) }
      const response = yield* Effect.tryPromise({
        try: (signal) => fetch(bare(address), { headers, signal }),
        catch: (cause) =>
          error("unreachable", (registry) => `${registry} cannot be reached (${reasonOf(cause)})`, cause)
      }).pipe(Effect.timeoutOrElse({
        duration: timeout,
        orElse: () => Effect.fail(error("unreachable", (registry) => `${registry} does not answer`))
      }))
      const { body, ok, status } = response
      if (ok && body !== null) return { body, headers: response.headers }
      if (body !== null) yield* Effect.promise(() => body.cancel())
      if (status === 404) return yield* error("absent", (registry, name) => `${registry} has no ${name}`)
      return yield* error(
        "refused",
        (registry, name) =>
          status === 401 || status === 403
            ? `${registry} gives ${name} to nobody without a login (status ${status}; npm login stores one)`
            : `${registry} does not give ${name} (status ${status})`
      )
    })

    const bytesOf = (wanted: Wanted, body: ReadableStream<Uint8Array>) => {
      const error = errorOf(wanted)
      return Stream.fromReadableStream({
        evaluate: () => body,
        onError: (cause) =>
          error("unreachable", (registry) => `the connection to ${registry} is lost (${reasonOf(cause)})`, cause)
      }).pipe(Stream.timeoutOrElse({
        duration: SILENCE,
        orElse: () => Stream.fail(error("unreachable", (registry) => `${registry} does not send any more`))
      }))
    }

    const textOf = Effect.fnUntraced(function*(wanted: Wanted, body: ReadableStream<Uint8Array>) {
      const bytes = new BoundedBytes({ first: MAX_ANSWER_BYTES })
      yield* bytesOf(wanted, body).pipe(
        Stream.takeWhile(() => bytes.isWhole),
        Stream.runForEach((chunk) => Effect.sync(() => bytes.add(Buffer.from(chunk))))
      )
      return bytes.bytes.toString()
    })

    const verified = (wanted: Wanted, bytes: Stream.Stream<Uint8Array, PackageError>, verifier: Verifier) =>
      bytes.pipe(
        Stream.tap((chunk) => Effect.sync(() => verifier.update(chunk))),
        Stream.concat(Stream.suspend(() =>
          verifier.matches() ? Stream.empty : Stream.fail(
            errorOf(wanted)(
              "altered",
              (registry, name) => `what ${registry} sent is not the ${name} that it has the hash of`
            )
          )
        ))
      )

    const open = Effect.fn("PackageRegistry.open")(function*(name: string, version: string, given?: string) {
      const registry = given === undefined ? registryOf(yield* config, name) : given.replace(/\/*$/, "/")
      const wanted = { name, version, registry }
      const error = errorOf(wanted)
      const malformed = (cause?: unknown) =>
        error("malformed", (registry) => `${registry} does not answer as a registry of npm does`, cause)
      if (!isWeb(registry)) return yield* malformed()
      const about = yield* request(wanted, `${registry}${name.replace("/", "%2f")}`, ABBREVIATED, ANSWER_TIMEOUT)
      const text = yield* textOf(wanted, about.body)
      const dist = yield* Effect.try({ try: () => distOf(text, wanted), catch: malformed })
      if (dist === "absent") return yield* error("absent", (registry, name) => `${registry} has no ${name}`)
      const verifier = verifierOf(dist.integrity)
      if (verifier === undefined) {
        return yield* error("malformed", (registry, name) => `${registry} has no hash of ${name}`)
      }
      const { body, headers } = yield* request(wanted, dist.tarball, "*/*", SILENCE)
      const length = Number(headers.get("content-length") ?? Number.NaN)
      return {
        size: Number.isSafeInteger(length) && !headers.has("content-encoding") ? length : undefined,
        bytes: verified(wanted, bytesOf(asked(wanted, dist.tarball), body), verifier)
      }
    })

    return PackageRegistry.of({ open })
  })
)
