import * as Schema from "effect/Schema"

/** A host's sessions are not available: `problem` is one line that says why, and what to do about it. */
export class HostError extends Schema.TaggedError<HostError>()("HostError", {
  host: Schema.String,
  /** Without control characters. */
  problem: Schema.String,
  /**
   * `unreachable`, `lost` (there was a connection): a retry may work. `locked`: it lets in who can answer its questions
   * (a password, whether its key is the right one). `refused`: the host, or our configuration, does not let us in.
   * `no sesh`: the host has none. `version`: its sesh, or ours, is too old. `nonsense`: the answer is not sesh's.
   */
  kind: Schema.Literals(["unreachable", "lost", "locked", "refused", "no sesh", "version", "nonsense"]),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return this.problem
  }
  /** Whether a retry may work. */
  get isPassing(): boolean {
    return this.kind === "unreachable" || this.kind === "lost"
  }
}
