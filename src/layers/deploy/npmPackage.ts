/** The npm package of sesh, and its registry. */
import * as Effect from "effect/Effect"
import { NPM_PACKAGE, NPM_REGISTRY } from "../../schema/Variables.ts"
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
): Effect.Effect<Wanted, DeployError> => {
  const name = env["SESH_NPM_PACKAGE"] || PACKAGE
  const registry = env["SESH_NPM_REGISTRY"] ?? ""
  const [, , chosen] = NPM_PACKAGE.exec(name) ?? []
  if (!NPM_PACKAGE.test(name)) {
    return Effect.fail(
      failure(host, "npm", "SESH_NPM_PACKAGE is no package's name", "", "set it to one such as @acme/sesh")
    )
  }
  if (registry !== "" && !NPM_REGISTRY.test(registry)) {
    return Effect.fail(failure(
      host,
      "npm",
      "SESH_NPM_REGISTRY is no registry's address",
      "",
      "set it to one such as https://npm.acme.example/; passwords belong into ~/.npmrc on the host"
    ))
  }
  return Effect.succeed({
    spec: chosen === undefined ? `${name}@${version}` : name,
    registry,
    version: chosen === undefined ? version : ""
  })
}

/** The name alone. */
export const nameOf = ({ spec }: Pick<Wanted, "spec">): string => spec.replace(/(?<=.)@.*$/, "")
