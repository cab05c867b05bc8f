import * as Schema from "effect/Schema"
import { hostWord } from "../schema/HostName.ts"

/**
 * The session lives on another machine, which has the same directory. Here its socket leads nowhere: that says nothing
 * about the session, and nothing of it is touched.
 */
export class SessionElsewhere extends Schema.TaggedError<SessionElsewhere>()("SessionElsewhere", {
  name: Schema.String,
  /** Host name of that machine. */
  machine: Schema.String,
  /** The session's files, as a pattern of the shell. */
  files: Schema.String
}) {
  /** Without the session's name. */
  get reason(): string {
    return `it runs on ${this.machine}`
  }
  override get message() {
    const { files, machine, name } = this
    return `session ${name} runs on ${machine}, which has this directory too; go there: sesh ${
      hostWord(machine)
    } ${name}` +
      ` (if ${machine} is no more: rm ${files})`
  }
}
