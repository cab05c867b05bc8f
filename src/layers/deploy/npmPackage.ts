/** Which npm package is sesh, and where it comes from. */
import * as Effect from "effect/Effect"
import type { DeployError } from "../../services/Deployer.ts"
import { failure } from "./errors.ts"

/** Its name on registries (package.json). */
export const PACKAGE = "sesh-sessions"

/** A name, with or without a scope and a version, tag or range. Nothing that a shell or npm takes for more. */
const SPEC = /^((?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*)(@[A-Za-z0-9^~][A-Za-z0-9.+~^-]*)?$/

/** Without a user: what npm is told as an argument, others on the host can see. */
const REGISTRY = /^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~/%+-]*)?$/

export interface Wanted {
  readonly spec: string
  /** Empty: the one that the host's npm has. */
  readonly registry: string
  /** That it must have; empty: any, as somebody chose one. */
  readonly version: string
}

export const readPackage = (
  host: string,
  env: Readonly<Record<string, string | undefined>>,
  version: string
): Effect.Effect<Wanted, DeployError> => {
  const name = env["SESH_NPM_PACKAGE"] || PACKAGE
  const registry = env["SESH_NPM_REGISTRY"] ?? ""
  const [, , chosen] = SPEC.exec(name) ?? []
  if (!SPEC.test(name)) {
    return Effect.fail(
      failure(host, "npm", "SESH_NPM_PACKAGE is no package's name", "", "set it to one such as @acme/sesh")
    )
  }
  if (registry !== "" && !REGISTRY.test(registry)) {
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
