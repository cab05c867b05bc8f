import * as Schema from "effect/Schema"

/** No session listens under that name. */
export class NoSession extends Schema.TaggedError<NoSession>()("NoSession", {
  name: Schema.String,
  /** A dead session left its socket. */
  stale: Schema.Boolean,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `no session named ${this.name}`
  }
}
