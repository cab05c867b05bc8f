import * as Schema from "effect/Schema"
import type { SessionName } from "../schema/SessionName.ts"

/** What a command line asks for. */
export type Request =
  | { readonly _tag: "Help" }
  | { readonly _tag: "Version" }
  | { readonly _tag: "List"; readonly json: boolean }
  | { readonly _tag: "Names" }
  | {
    readonly _tag: "Open"
    readonly name: SessionName
    readonly dir: string | undefined
    /** Instead of the shell; never empty. */
    readonly command: ReadonlyArray<string> | undefined
    /** Create without attaching. */
    readonly detached: boolean
  }
  | { readonly _tag: "Watch"; readonly name: SessionName }
  | { readonly _tag: "Kill"; readonly names: ReadonlyArray<SessionName> }
  | { readonly _tag: "Detach"; readonly name: SessionName | undefined }

/** The command line is wrong: says how, and what the right form is. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  problem: Schema.String,
  form: Schema.String
}) {
  override get message() {
    return this.problem
  }
}
