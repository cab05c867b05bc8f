import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { HostName } from "../schema/HostName.ts"
import type { ConnectOptions } from "./SshTransport.ts"

/**
 * The step of a deployment, or the one where it stopped. `connect`: no connection, or a lost one. `fetch`: the
 * executable for the host's platform could not be had here.
 */
export const DeployStep = Schema.Literals([
  "connect",
  "detect_platform",
  "prepare",
  "npm",
  "fetch",
  "transfer",
  "check",
  "run",
  "replace"
])
export type DeployStep = typeof DeployStep.Type

/** sesh could not be installed on a host; what was installed before is unchanged. */
export class DeployError extends Schema.TaggedError<DeployError>()("DeployError", {
  host: Schema.String,
  step: DeployStep,
  /** One line without control characters, like `advice`, which says what would help where the problem does not. */
  problem: Schema.String,
  advice: Schema.String,
  /** The end of the host's standard error about it: lines, but no other control characters. */
  stderr: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    const { advice, host, problem } = this
    return `cannot put sesh on ${host}: ${problem}${advice === "" ? "" : `; ${advice}`}`
  }
}

/**
 * How sesh was installed. `npm`: as a package, which the host's own npm installed. `copy`: as a copy of an executable
 * that this machine has. `present`: this version, or a newer one, was installed already, and nothing was done.
 */
export const DeployWay = Schema.Literals(["npm", "copy", "present"])
export type DeployWay = typeof DeployWay.Type

export interface Deployed {
  readonly way: DeployWay
  /** The version on the host now. */
  readonly version: string
  /**
   * Where the copied executable is from when it is not our own, which is for another platform: the folder that
   * `SESH_EXECUTABLES` names, or npm's registry.
   */
  readonly from?: "folder" | "registry"
  /**
   * The path of another sesh, or another program of that name, that comes first on the host's PATH as its sshd sets it.
   * What we run there has a path, so this matters only to those who type `sesh` on the host.
   */
  readonly shadowedBy?: string
}

/** What a deployment is doing. */
export type DeployProgress =
  | { readonly _tag: "Doing"; readonly what: "looking" | "asking npm" | "fetching" | "preparing" | "checking" }
  | {
    readonly _tag: "Sending"
    /** Bytes sent so far, and in the end; `total` is an estimate until all is compressed. */
    readonly sent: number
    readonly total: number
    /** Bytes per second, recently. */
    readonly rate: number
  }
  | {
    /** This machine downloads the executable for the host's platform. */
    readonly _tag: "Fetching"
    /** Bytes so far, and in the end, as far as the registry says. */
    readonly got: number
    readonly total: number
    readonly rate: number
  }

export interface DeployOptions extends ConnectOptions {
  /** Called a few times a second. Must not throw. */
  readonly onProgress?: (progress: DeployProgress) => void
}

/** Installs sesh on hosts, to `~/.local/bin/sesh`: whole and proven to run there, or not at all. */
export class Deployer extends Context.Service<Deployer, {
  /**
   * Makes sure that the host has this version, or a newer one: through the host's npm when that can get our package,
   * else as a copy of our own executable when the platforms match, else of the one for the host's platform, from a
   * folder or npm's registry. A copy is of this very version. Running sessions continue.
   */
  readonly deploy: (host: HostName, options?: DeployOptions) => Effect.Effect<Deployed, DeployError>
}>()("sesh/services/Deployer") {}
