import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"

/**
 * A package could not be had. `unreachable`: no answer, or the connection is lost. `refused`: the registry wants a
 * login, or failed. `absent`: it has no such package, or not in this version. `altered`: what came has another hash
 * than the registry's. `malformed`: its answer is not one of a registry.
 */
export class PackageError extends Schema.TaggedError<PackageError>()("PackageError", {
  /** `name@version` */
  package: Schema.String,
  /** Its address, without a password. */
  registry: Schema.String,
  kind: Schema.Literals(["unreachable", "refused", "absent", "altered", "malformed"]),
  /** One line without control characters: what happened, with the registry's address. */
  problem: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return this.problem
  }
}

/** The archive of a package: a tar, compressed with gzip. */
export interface PackageArchive {
  /** Bytes; undefined when the registry does not say. */
  readonly size: number | undefined
  /**
   * Fails at its end when the bytes are not those of the registry's hash: nothing may be used before. Can be read once.
   */
  readonly bytes: Stream.Stream<Uint8Array, PackageError>
}

/** The npm registry that this user's npm is configured for. */
export class PackageRegistry extends Context.Service<PackageRegistry, {
  /** The archive of one version of a package. `registry`: the address of another one than the configured. */
  readonly open: (
    name: string,
    version: string,
    registry?: string
  ) => Effect.Effect<PackageArchive, PackageError>
}>()("sesh/services/PackageRegistry") {}
