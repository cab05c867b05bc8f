import * as Schema from "effect/Schema"

/** A host's sessions cannot be had: one line that says why, and what to do where something can be done. */
export class HostError extends Schema.TaggedError<HostError>()("HostError", {
  host: Schema.String,
  /** Without control characters. */
  problem: Schema.String,
  /**
   * `unreachable` and `lost` (there was a connection): worth trying again. `refused`: the host, or our configuration, does
   * not let us in. `no sesh`: there is none on the host. `version`: it is too old, or we are. `nonsense`: what answered is not sesh.
   */
  kind: Schema.Literals(["unreachable", "lost", "refused", "no sesh", "version", "nonsense"]),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return this.problem
  }
  get isPassing(): boolean {
    return this.kind === "unreachable" || this.kind === "lost"
  }
}
