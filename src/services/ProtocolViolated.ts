import * as Schema from "effect/Schema"

/** The session, or a connection, breaks the protocol: output or input would be lost or wrong. */
export class ProtocolViolated extends Schema.TaggedError<ProtocolViolated>()("ProtocolViolated", {
  what: Schema.Literals(["output missing", "input unknown", "no status"])
}) {
  override get message() {
    switch (this.what) {
      case "output missing":
        return "it left out a part of the output"
      case "input unknown":
        return "it does not know how much of what was typed has come"
      case "no status":
        return "it ended without a status"
    }
  }
}
