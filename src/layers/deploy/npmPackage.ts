/** The npm package of sesh, and its registry. */
import * as Effect from "effect/Effect"
import { readNpmPackage, readNpmRegistry } from "../../schema/Variables.ts"
import type { DeployError } from "../../services/Deployer.ts"
import { failure } from "./errors.ts"

/** Its name on registries (package.json). */
export const PACKAGE = "sesh-sessions"

export interface Wanted {
  readonly spec: string
  /** Empty: the one that the host's npm is configured for. */
  readonly registry: string
  /** The version that it must have; empty: any, because the user chose one. */
  readonly version: string
}

export const readPackage = (
  host: string,
  env: Readonly<Record<string, string | undefined>>,
  version: string
): Effect.Effect<Wanted, DeployError> =>
  Effect.gen(function*() {
    const chosen = yield* Effect.fromResult(readNpmPackage(env["SESH_NPM_PACKAGE"]))
    const registry = yield* Effect.fromResult(readNpmRegistry(env["SESH_NPM_REGISTRY"]))
    return {
      spec: `${chosen?.name ?? PACKAGE}@${chosen?.version ?? version}`,
      registry: registry ?? "",
      version: chosen?.version === undefined ? version : ""
    }
  }).pipe(Effect.mapError((error) => failure(host, "npm", error.problem, "", error.advice, error)))

/** The name alone. */
export const nameOf = ({ spec }: Pick<Wanted, "spec">): string => spec.replace(/(?<=.)@.*$/, "")
