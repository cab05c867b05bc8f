import * as Schema from "effect/Schema"
import { SessionName } from "./SessionName.ts"

/** The version of the layout's text format (docs/layout.md) that this sesh writes, and the newest that it reads. */
export const LAYOUT_VERSION = 1

/** The largest layout that is read, in bytes: a hundred times what a hundred sessions need. */
export const MAX_LAYOUT_BYTES = 1024 * 1024

/** The longest line, in bytes: half of what the system takes as one argument (execve(2), MAX_ARG_STRLEN). */
export const MAX_LINE_BYTES = 64 * 1024

/** The most sessions in a layout: more daemons than a machine is likely to have memory for. */
export const MAX_LAYOUT_ENTRIES = 1000

/** What can be a path or an argument: no NUL, and no half of a surrogate pair but those for bytes (ByteString). */
const text = (what: string) =>
  Schema.String.check(
    Schema.isPattern(/^(?:[^\0\p{Cs}]|[\udc80-\udcff])*$/u, { message: `${what} has characters that no program takes` })
  )

/** A session to create. */
export const LayoutEntry = Schema.Struct({
  name: SessionName,
  /** Absolute; need not exist yet. */
  dir: text("the directory").check(Schema.isPattern(/^\//, { message: "the directory must be an absolute path" })),
  /** Its host, by the name in ssh's configuration; absent: this machine. */
  host: Schema.optionalKey(
    Schema.String.check(
      Schema.isPattern(/^[^-@\s\p{C}][^\s\p{C}]{0,254}$/u, { message: "the host must be a name, - or nothing" })
    )
  ),
  /** Program and arguments; absent: the user's shell. */
  command: Schema.optionalKey(Schema.NonEmptyArray(text("the command")))
})
export type LayoutEntry = typeof LayoutEntry.Type
