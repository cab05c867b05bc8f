import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { HostName } from "../schema/HostName.ts"
import type { ConnectFailure, ConnectOptions } from "./SshTransport.ts"

/** The copying program is missing on this machine or on the host: nothing was copied. */
export class ToolMissing extends Schema.TaggedError<ToolMissing>()("ToolMissing", {
  tool: Schema.String,
  where: Schema.Literals(["here", "there"]),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `there is no ${this.tool} ${this.where}`
  }
}

/** The result for a path. */
export interface Pushed {
  readonly path: string
  /** Missing: all that is at the path is on the host now. */
  readonly failure?: {
    /** The program's; `NO_EXIT_CODE` when none ran. */
    readonly exitCode: number
    /** What was said: not to be trusted. */
    readonly words: string
  }
}

export interface PushOptions extends ConnectOptions {
  /** Paths of the home below pushed ones that stay as they are on the host: neither copied nor removed. */
  readonly kept?: ReadonlyArray<string>
  /** Called with the number of bytes whenever some were handed to the connection. It must not throw. */
  readonly onSent?: (bytes: number) => void
}

export interface FileRunner {
  readonly tool: string
  /**
   * Makes paths of the home on the host equal to those of the home on this machine: directories with all that is in
   * them, links as links. A path that is itself a link arrives as what it leads to. The paths are relative, without
   * `..`, and something exists at each. Directories above them stay as they are on the host, and are made where they
   * are missing. One result per path, in their order.
   */
  readonly push: (
    host: HostName,
    paths: ReadonlyArray<string>,
    options?: PushOptions
  ) => Effect.Effect<ReadonlyArray<Pushed>, ConnectFailure | ToolMissing>
}

/** Copies what differs, and removes on the host what is gone on this machine. */
export class RsyncRunner extends Context.Service<RsyncRunner, FileRunner>()("sesh/services/RsyncRunner") {}

/** Copies everything, and removes nothing. Refuses paths that it would not copy as they are. */
export class ScpRunner extends Context.Service<ScpRunner, FileRunner>()("sesh/services/ScpRunner") {}
