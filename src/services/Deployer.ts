import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { HostName } from "../schema/HostName.ts"
import type { ConnectOptions } from "./SshTransport.ts"

/** Where a deployment is, or stopped. `connect`: no connection, or one that was lost. */
export const DeployStep = Schema.Literals([
  "connect",
  "detect_platform",
  "prepare",
  "npm",
  "transfer",
  "check",
  "run",
  "replace"
])
export type DeployStep = typeof DeployStep.Type

/** sesh could not be put on a host; what was there before is as it was. */
export class DeployError extends Schema.TaggedError<DeployError>()("DeployError", {
  host: Schema.String,
  step: DeployStep,
  /** One line, without control characters; so is `advice`, which says what would help, unless the problem does. */
  problem: Schema.String,
  advice: Schema.String,
  /** The end of what the host said about it; lines, but no other control characters. */
  stderr: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    const { advice, host, problem } = this
    return `cannot put sesh on ${host}: ${problem}${advice === "" ? "" : `; ${advice}`}`
  }
}

/**
 * How sesh got there. `npm`: as a package, which the host's own npm fetched. `copy`: our own executable.
 * `present`: this version, or a newer one, was there already, and nothing was done.
 */
export const DeployWay = Schema.Literals(["npm", "copy", "present"])
export type DeployWay = typeof DeployWay.Type

export interface Deployed {
  readonly way: DeployWay
  /** Of the sesh that is there now. */
  readonly version: string
}

/** What a deployment is doing. */
export type DeployProgress =
  | { readonly _tag: "Doing"; readonly what: "looking" | "asking npm" | "preparing" | "checking" }
  | {
    readonly _tag: "Sending"
    /** Bytes on the wire so far, and in the end: an estimate until all is compressed. */
    readonly sent: number
    readonly total: number
    /** Bytes a second, of late. */
    readonly rate: number
  }

export interface DeployOptions extends ConnectOptions {
  /** Called a few times a second. Must not throw. */
  readonly onProgress?: (progress: DeployProgress) => void
}

/** Puts sesh on hosts: to `~/.local/bin/sesh`, whole and proven to run there, or not at all. */
export class Deployer extends Context.Service<Deployer, {
  /**
   * Makes this version, or a newer one, be there. Through the host's npm when that can get our package, else as a copy of
   * our own executable when the platforms match. Sessions that run there go on.
   */
  readonly deploy: (host: HostName, options?: DeployOptions) => Effect.Effect<Deployed, DeployError>
}>()("sesh/services/Deployer") {}
