import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { PackageError, PackageRegistry } from "../../services/PackageRegistry.ts"

/** A package of the registry. All of it may change at any time. */
export interface FakePackage {
  readonly archive: Uint8Array
  /** What comes is something else. */
  altered?: boolean
  /** Why it cannot be had. */
  failure?: Pick<PackageError, "kind" | "problem">
}

/** The packages there are, by `name@version`, for tests to play with, and what was asked for. */
export class PackageRegistryTestRef extends Context.Service<PackageRegistryTestRef, {
  readonly packages: Map<string, FakePackage>
  /** `name@version`, in order. */
  readonly asked: ReadonlyArray<string>
}>()("sesh/layers/testing/PackageRegistryTestRef") {}

/** Its address, unless another one is asked for. */
const REGISTRY = "https://registry.example/"

/** Bytes of a piece. */
const PIECE = 1000

/** A registry with what a test puts into it. */
export const layer = (
  given: Readonly<Record<string, FakePackage>> = {}
): Layer.Layer<PackageRegistry | PackageRegistryTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const packages = new Map(Object.entries(given))
    const asked: Array<string> = []

    const open = Effect.fn("PackageRegistry.open")(function*(name: string, version: string, registry = REGISTRY) {
      const what = `${name}@${version}`
      asked.push(what)
      const error = (kind: PackageError["kind"], problem: string) =>
        new PackageError({ package: what, registry, kind, problem })
      const found = packages.get(what)
      if (found === undefined) return yield* error("absent", `${registry} has no ${what}`)
      if (found.failure !== undefined) return yield* error(found.failure.kind, found.failure.problem)
      const { archive, altered = false } = found
      const pieces = Array.from(
        { length: Math.ceil(archive.length / PIECE) },
        (_, index) => archive.subarray(index * PIECE, (index + 1) * PIECE)
      )
      const end = altered
        ? Stream.fail(error("altered", `what ${registry} sent is not the ${what} that it has the hash of`))
        : Stream.empty
      return { size: archive.length, bytes: Stream.concat(Stream.fromIterable(pieces), end) }
    })

    return Context.make(PackageRegistryTestRef, { packages, asked }).pipe(
      Context.add(PackageRegistry, PackageRegistry.of({ open }))
    )
  }))
