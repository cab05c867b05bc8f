import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { HostName } from "../schema/HostName.ts"
import type { ConnectFailure, ConnectOptions } from "./SshTransport.ts"

/** The program that copies is not on this machine, or not on the host: nothing was copied. */
export class ToolMissing extends Schema.TaggedError<ToolMissing>()("ToolMissing", {
  tool: Schema.String,
  where: Schema.Literals(["here", "there"]),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `there is no ${this.tool} ${this.where}`
  }
}

/** How it went for a path. */
export interface Pushed {
  readonly path: string
  /** Missing: all that is at the path is on the host now. */
  readonly failure?: {
    /** Of the program; `NO_EXIT_CODE` when none ran. */
    readonly exitCode: number
    /** What was said: not to be trusted. */
    readonly words: string
  }
}

export interface FileRunner {
  readonly tool: string
  /**
   * Makes paths of the home there like the ones in the home here: directories with all that is in them, links as links. They
   * are relative, without `..`, and there is something at each. What is above them on the host stays as it is, and is made where it is missing.
   * One result a path, in their order.
   */
  readonly push: (
    host: HostName,
    paths: ReadonlyArray<string>,
    options?: ConnectOptions
  ) => Effect.Effect<ReadonlyArray<Pushed>, ConnectFailure | ToolMissing>
}

/** Copies what differs, and removes there what is gone here. */
export class RsyncRunner extends Context.Service<RsyncRunner, FileRunner>()("sesh/services/RsyncRunner") {}

/** Copies everything, and removes nothing. Refuses paths that it would not copy as they are. */
export class ScpRunner extends Context.Service<ScpRunner, FileRunner>()("sesh/services/ScpRunner") {}
